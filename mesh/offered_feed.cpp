#include "mesh/offered_feed.hpp"

#include <simdjson.h>

#include <optional>

#include "mesh/bits128.hpp"

namespace meshgate {

namespace {

using simdjson::dom::element;

std::string text_of(const element& object, const char* name) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

std::optional<OfferedFeed> read_feed(const element& from) {
  OfferedFeed out;
  out.name = text_of(from, "feed");
  out.uid = text_of(from, "uid");
  out.epoch = text_of(from, "epoch");
  element schema;
  if (out.name.empty() || !Bits128::from_hex(out.uid) || from["schema"].get(schema) != simdjson::SUCCESS) return std::nullopt;
  auto parsed = parse_schema(simdjson::minify(schema));
  if (!parsed) return std::nullopt;
  out.schema = std::move(*parsed);
  if (from["divided"].get(out.divided) != simdjson::SUCCESS) return std::nullopt;
  if (from["loading"].get(out.loading) != simdjson::SUCCESS) out.loading = false;
  simdjson::dom::array parts;
  if (from["partitions"].get(parts) != simdjson::SUCCESS) return std::nullopt;
  for (const element part : parts) {
    OfferedFeed::Part& one = out.partitions.emplace_back();
    one.name = text_of(part, "partition");
    if (part["count"].get(one.count) != simdjson::SUCCESS) one.count = 0;
  }
  return out;
}

}  // namespace

Error not_a_node(const std::string& why) {
  return {Code::config, "the answer does not come from a meshgate node (" + why + "); check the URL"};
}

Result<OfferedFeed> parse_feed(std::string_view body) {
  simdjson::dom::parser parser;
  element root;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return not_a_node("not JSON");
  auto feed = read_feed(root);
  if (!feed) return not_a_node("not the description of a feed");
  return std::move(*feed);
}

Result<std::vector<OfferedFeed>> parse_feeds(std::string_view body) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array feeds;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS) return not_a_node("not JSON");
  if (root["feeds"].get(feeds) != simdjson::SUCCESS) return not_a_node("no list of feeds");
  std::vector<OfferedFeed> out;
  for (const element one : feeds) {
    auto feed = read_feed(one);
    if (!feed) return not_a_node("not the description of a feed");
    out.push_back(std::move(*feed));
  }
  return out;
}

}  // namespace meshgate
