#include "gateway/access/entries.hpp"

#include <simdjson.h>

#include <algorithm>

#include "mesh/reference.hpp"

namespace meshgate::access {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

/// A text or a whole number, as a text.
bool take_text(element value, std::string& out) {
  switch (value.type()) {
    case element_type::STRING: out = std::string_view(value.get_string().value_unsafe()); return true;
    case element_type::INT64: out = std::to_string(value.get_int64().value_unsafe()); return true;
    case element_type::UINT64: out = std::to_string(value.get_uint64().value_unsafe()); return true;
    case element_type::BOOL: out = value.get_bool().value_unsafe() ? "true" : "false"; return true;
    default: return false;
  }
}

void take_all(simdjson::dom::array values, std::vector<std::string>& out) {
  out.reserve(values.size());
  for (const element value : values) {
    if (std::string text; take_text(value, text)) out.push_back(std::move(text));
  }
}

void take_lines(std::string_view text, std::vector<std::string>& out) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) out.emplace_back(line);
  }
}

bool means_yes(element value) {
  std::string text;
  if (value.is_null()) return false;
  if (!take_text(value, text)) return true;
  const std::string word = reference(text);
  return !word.empty() && word != "0" && word != "false";
}

}  // namespace

struct EntryReader::State {
  simdjson::dom::parser contents;
  simdjson::dom::parser texts;

  /// The members of a content; of what is no object, none.
  simdjson::dom::object open(std::string_view content) {
    simdjson::dom::object out;
    if (!content.empty() && contents.parse(content.data(), content.size()).get(out) == simdjson::SUCCESS) return out;
    return contents.parse("{}", 2).get_object().value_unsafe();
  }

  static std::string text(simdjson::dom::object from, std::string_view field) {
    element value;
    std::string out;
    if (from[field].get(value) == simdjson::SUCCESS && !take_text(value, out)) out.clear();
    return out;
  }

  /// All texts of a field; a text that is no array is `whole` or has one in each line.
  std::vector<std::string> list(simdjson::dom::object from, std::string_view field, bool whole) {
    std::vector<std::string> out;
    element value;
    if (from[field].get(value) != simdjson::SUCCESS) return out;
    simdjson::dom::array values;
    std::string text;
    const bool is_array = value.get(values) == simdjson::SUCCESS ||
                          (take_text(value, text) && text.starts_with('[') && texts.parse(text).get(values) == simdjson::SUCCESS);
    if (is_array) take_all(values, out);
    else if (!whole) take_lines(text, out);
    else if (!text.empty()) out.push_back(std::move(text));
    return out;
  }
};

EntryReader::EntryReader() : state_(std::make_unique<State>()) {}
EntryReader::~EntryReader() = default;

PersonEntry EntryReader::person(std::string_view content, std::span<const std::string> attributes) {
  const auto fields = state_->open(content);
  PersonEntry out;
  out.name = State::text(fields, "name");
  out.dn = State::text(fields, "dn");
  if (element value; fields["disabled"].get(value) == simdjson::SUCCESS) out.disabled = means_yes(value);
  for (const auto& attribute : attributes) out.attributes.push_back(state_->list(fields, attribute, true));
  return out;
}

GroupEntry EntryReader::group(std::string_view content) {
  const auto fields = state_->open(content);
  return {State::text(fields, "name"), State::text(fields, "dn"), state_->list(fields, "members", false)};
}

}  // namespace meshgate::access
