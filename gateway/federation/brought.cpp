#include "gateway/federation/brought.hpp"

#include <simdjson.h>

#include "mesh/offered_feed.hpp"
#include "mesh/value.hpp"

namespace meshgate::federation {

std::string offer_text(const store::FeedState& state, const StatedClaim& origin) {
  std::string out = "{\"feed\":";
  append_json_string(out, state.name);
  out.append(",\"uid\":\"").append(state.uid.bits.hex()).append("\",\"divided\":").append(state.divided ? "true" : "false").append(",\"schema\":");
  append_json(out, state.schema);
  std::string stated = claim_text(origin);
  stated.pop_back();
  return out + ",\"partitions\":[],\"origin\":" + stated + "}";
}

std::optional<StatedClaim> parse_offered_origin(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::element origin;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return std::nullopt;
  if (root["origin"].get(origin) == simdjson::SUCCESS) return parse_claim(simdjson::minify(origin));
  std::string_view uid;
  if (root["uid"].get(uid) != simdjson::SUCCESS) return std::nullopt;
  return StatedClaim{std::string(uid), {}, {}};
}

std::string cursors_text(const Cursors& cursors) {
  std::string out = "{\"cursors\":{";
  for (const auto& [partition, cursor] : cursors) {
    if (out.back() != '{') out += ',';
    append_json_string(out, partition);
    out.append(":\"").append(cursor.text()).append("\"");
  }
  return out + "},\"line\":true}\n";
}

Result<Cursors> parse_cursors(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::object cursors;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["cursors"].get(cursors) != simdjson::SUCCESS) return not_a_node("no cursors");
  Cursors out;
  for (const auto [partition, value] : cursors) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return not_a_node("a cursor that is no text");
    const auto cursor = Cursor::parse(text);
    if (!cursor) return not_a_node("a cursor that is none");
    out.emplace(partition, *cursor);
  }
  return out;
}

bool takes_line(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  bool line = false;
  const simdjson::padded_string padded(body);
  return parser.parse(padded).get(root) == simdjson::SUCCESS && root["line"].get(line) == simdjson::SUCCESS && line;
}

unsigned parse_status_of(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::uint64_t status = 200;
  const simdjson::padded_string padded(body);
  const bool said = parser.parse(padded).get(root) == simdjson::SUCCESS && root["status"].get(status) == simdjson::SUCCESS;
  return said && status >= 100 && status <= 599 ? static_cast<unsigned>(status) : 200;
}

std::optional<Cursor> parse_cursor_of(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view text;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["cursor"].get(text) != simdjson::SUCCESS) return std::nullopt;
  return Cursor::parse(text);
}

Result<BroughtPage> parse_page(std::string_view body) {
  const Error wrong{Code::config, "the body must be lines of changes and then one mark"};
  if (body.empty() || body.back() != '\n') return wrong;
  const auto before = body.substr(0, body.size() - 1).rfind('\n');
  const auto begin = before == std::string_view::npos ? 0 : before + 1;
  LineParser parser;
  auto line = parser.parse(body.substr(begin, body.size() - 1 - begin));
  if (!line) return wrong;
  const auto* mark = std::get_if<Mark>(&*line);
  if (mark == nullptr) return wrong;
  return BroughtPage{body.substr(0, begin), *mark};
}

}  // namespace meshgate::federation
