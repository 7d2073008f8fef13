#include "mapping/presentation.hpp"

#include "mapping/pattern.hpp"
#include "mapping/presentation_text.hpp"
#include "mapping/read_source.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::mapping {

namespace {

using config::Diagnostics;
using config::Node;

bool web_address(std::string_view text) { return text.starts_with("https://") || text.starts_with("http://"); }

std::optional<Wording> read_wording(const Node& node, std::string_view key, Diagnostics& out) {
  if (!node.present()) return std::nullopt;
  if (node.kind() != Node::Kind::scalar) {
    out.add(node.place(), std::string(key) + " is a field or a template such as \"{a} for {b}\"");
    return std::nullopt;
  }
  auto source = read_text_source(node, out);
  if (!source) return std::nullopt;
  return Wording{std::move(source->parts), node.place()};
}

void check_link(const Wording& link, Diagnostics& out) {
  const Part& first = link.parts[0];
  const bool field = link.alone() && first.text.find("://") == std::string::npos;
  if (field || (!first.column && web_address(first.text))) return;
  out.add(link.place, "a link begins with http:// or https:// and has a field in it", "write link: \"https://shop.example/orders/{number}\", or name the field that holds it");
}

bool tells_an_instant(Type type) {
  return type == Type::timestamptz || type == Type::timestamp || type == Type::date || type == Type::text;
}

void check_fields(const Wording& wording, const Schema& items, Diagnostics& out) {
  for (const Part& part : wording.parts) {
    if (!part.column || items.find(part.text) != nullptr) continue;
    std::vector<std::string_view> names;
    for (const Field& field : items.fields) names.emplace_back(field.name);
    std::string hint = config::did_you_mean(part.text, names);
    if (hint.empty()) hint = "name fields of the feed, not columns of its source";
    out.add(wording.place, "the feed has no field '" + part.text.substr(0, kMaxFieldName) + "'", std::move(hint));
  }
}

using Append = void (*)(std::string&, std::string_view);

std::optional<std::string> put_together(const Wording& wording, const TextOf& text_of, Append append) {
  std::string out;
  for (const Part& part : wording.parts) {
    if (!part.column) {
      out.append(part.text);
      continue;
    }
    const auto text = text_of(part.text);
    if (!text) return std::nullopt;
    append(out, *text);
  }
  return out;
}

void append_plain(std::string& out, std::string_view text) { out.append(text); }
void append_encoded(std::string& out, std::string_view text) { out.append(percent_encoded(text)); }

}  // namespace

std::string Presentation::fingerprint() const {
  std::string out;
  for (const auto* wording : {&title, &summary, &link, &updated}) {
    if (*wording) append_json_string(out, pattern_text((*wording)->parts));
    out += '\n';
  }
  return out;
}

std::string presentation_text(const Presentation& presentation) {
  std::string out;
  const auto add = [&](std::string_view key, const std::optional<Wording>& wording) {
    if (!wording) return;
    out.append(out.empty() ? "{\"" : ",\"").append(key).append("\":");
    append_json_string(out, pattern_text(wording->parts));
  };
  add("title", presentation.title);
  add("summary", presentation.summary);
  add("link", presentation.link);
  add("updated", presentation.updated);
  return out.empty() ? out : out + "}";
}

Presentation read_presentation(const Node& feed, Diagnostics& out) {
  Presentation made;
  made.title = read_wording(feed["title"], "title", out);
  made.summary = read_wording(feed["summary"], "summary", out);
  made.link = read_wording(feed["link"], "link", out);
  made.updated = read_wording(feed["updated"], "updated", out);
  if (made.link) check_link(*made.link, out);
  return made;
}

void check_presentation(const Presentation& presentation, const Schema& items, Diagnostics& out) {
  for (const auto* wording : {&presentation.title, &presentation.summary, &presentation.link, &presentation.updated}) {
    if (*wording) check_fields(**wording, items, out);
  }
  if (!presentation.updated || !presentation.updated->alone()) return;
  const Field* field = items.find(presentation.updated->parts[0].text);
  if (field == nullptr || tells_an_instant(field->type)) return;
  out.add(presentation.updated->place, "the field '" + field->name + "' is " + std::string(name(field->type)) + ", which tells no instant",
          "name a field of type timestamptz, timestamp or date");
}

std::optional<std::string> worded(const Wording& wording, const TextOf& text_of) { return put_together(wording, text_of, append_plain); }

std::optional<std::string> worded_link(const Wording& wording, const TextOf& text_of) {
  auto out = put_together(wording, text_of, wording.alone() ? append_plain : append_encoded);
  if (!out || !web_address(*out)) return std::nullopt;
  return out;
}

}  // namespace meshgate::mapping
