#include "mesh/seen_node.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "mesh/json_text.hpp"
#include "mesh/key_text.hpp"
#include "mesh/value.hpp"

namespace meshgate {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;

constexpr std::size_t kLongestName = 64;   ///< of a node, or a state
constexpr std::size_t kLongestText = 512;  ///< the name of a feed or partition
constexpr std::size_t kMostFeeds = 64;
constexpr std::uint64_t kOldest = 86400;  ///< an age, in seconds
constexpr std::size_t kMostNodeBytes = std::size_t{4} << 10U;
constexpr std::string_view kEnd = "]}";

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(out.back() == '{' ? "\"" : ",\"").append(name).append("\":");
  append_json_string(out, text);
}

void append_texts(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.append(",\"").append(name).append("\":");
  append_json_texts(out, texts);
}

void append_feed(std::string& out, const SeenFeed& feed) {
  out += '{';
  append_text(out, "feed", feed.feed);
  if (!feed.state.empty()) append_text(out, "state", feed.state);
  append_texts(out, "partitions", feed.partitions);
  if (!feed.epoch.bits.zero()) {
    append_text(out, "epoch", feed.epoch.bits.hex());
    out.append(",\"seq\":").append(std::to_string(feed.seq));
  }
  if (feed.as_of.count != 0) append_text(out, "as_of", utc_text(feed.as_of));
  if (feed.loading) out += ",\"loading\":true";
  out += '}';
}

/// Without the bracket and the brace that end it.
void append_open(std::string& out, const SeenNode& node) {
  const std::size_t begin = out.size();
  out += '{';
  append_text(out, "node", node.node);
  if (!node.key.empty()) append_text(out, "key", key_text(node.key));
  append_texts(out, "over", node.over);
  out.append(",\"age\":").append(std::to_string(node.age.count())).append(",\"feeds\":[");
  for (const SeenFeed& feed : node.feeds) {
    const std::size_t before = out.size();
    if (out.back() != '[') out += ',';
    append_feed(out, feed);
    if (out.size() - begin + kEnd.size() <= kMostNodeBytes) continue;
    out.resize(before);
    return;
  }
}

/// Whether a text may be shown to people as it is: no control characters, which could move the cursor of a terminal.
bool is_plain(std::string_view text) {
  char before = 0;
  for (const char one : text) {
    const auto byte = static_cast<unsigned char>(one);
    const bool control = byte < 0x20 || byte == 0x7f || (before == '\xc2' && byte >= 0x80 && byte < 0xa0);
    if (control) return false;
    before = one;
  }
  return true;
}

/// What is not there, or not plain, is empty.
std::string read_text(element from, const char* name, std::size_t longest) {
  std::string_view text;
  const bool good = from[name].get(text) == simdjson::SUCCESS && text.size() <= longest && is_plain(text);
  return good ? std::string(text) : std::string();
}

/// At most so many, and none that is not plain.
std::vector<std::string> read_texts(element from, const char* name, std::size_t most, std::size_t longest) {
  std::vector<std::string> out;
  array list;
  if (from[name].get(list) != simdjson::SUCCESS) return out;
  for (const element one : list) {
    std::string_view text;
    if (out.size() < most && one.get(text) == simdjson::SUCCESS && !text.empty() && text.size() <= longest && is_plain(text)) out.emplace_back(text);
  }
  return out;
}

std::optional<SeenFeed> read_feed(element from) {
  SeenFeed out;
  out.feed = read_text(from, "feed", kLongestText);
  if (out.feed.empty()) return std::nullopt;
  out.state = read_text(from, "state", kLongestName);
  out.partitions = read_texts(from, "partitions", SeenFeed::kMostPartitions, kLongestText);
  const auto epoch = Bits128::from_hex(read_text(from, "epoch", kLongestName));
  if (epoch && from["seq"].get(out.seq) == simdjson::SUCCESS) out.epoch.bits = *epoch;
  if (out.epoch.bits.zero()) out.seq = 0;
  std::string as_of = read_text(from, "as_of", kLongestName);
  if (as_of.ends_with('Z')) as_of.pop_back();
  out.as_of = parse_timestamp(as_of).value_or(Micros{0});
  if (from["loading"].get(out.loading) != simdjson::SUCCESS) out.loading = false;
  return out;
}

std::optional<SeenNode> read_node(element from) {
  SeenNode out;
  std::uint64_t age = 0;
  array feeds;
  out.node = read_text(from, "node", kLongestName);
  if (out.node.empty() || from["age"].get(age) != simdjson::SUCCESS || from["feeds"].get(feeds) != simdjson::SUCCESS) return std::nullopt;
  out.key = parse_key_text(read_text(from, "key", kLongestName)).value_or(std::string());
  out.over = read_texts(from, "over", SeenNode::kMostOver, kLongestName);
  out.age = std::chrono::seconds(std::min(age, kOldest));
  for (const element one : feeds) {
    auto feed = out.feeds.size() < kMostFeeds ? read_feed(one) : std::nullopt;
    if (feed) out.feeds.push_back(std::move(*feed));
  }
  return out;
}

}  // namespace

void append_node(std::string& out, const SeenNode& node) {
  append_open(out, node);
  out += kEnd;
}

std::string outlook_text(const Outlook& outlook) {
  std::string out;
  append_open(out, outlook.self);
  out += "],\"nodes\":[";
  std::size_t count = 0;
  for (const SeenNode& one : outlook.nodes) {
    if (++count > Outlook::kMostNodes) break;
    const std::size_t before = out.size();
    if (out.back() != '[') out += ',';
    append_node(out, one);
    if (out.size() + kEnd.size() < Outlook::kMostBytes) continue;
    out.resize(before);
    break;
  }
  return out.append(kEnd).append("\n");
}

Result<Outlook> parse_outlook(std::string_view text) {
  const Error wrong{Code::config, "this is not what a node says of the nodes that it sees"};
  if (text.size() > Outlook::kMostBytes) return wrong;
  simdjson::dom::parser parser;
  element root;
  array nodes;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["nodes"].get(nodes) != simdjson::SUCCESS) return wrong;
  if (nodes.size() > Outlook::kMostNodes) return wrong;
  auto self = read_node(root);
  if (!self) return wrong;
  Outlook out{std::move(*self), {}};
  out.self.over.clear();
  for (const element one : nodes) {
    if (auto node = read_node(one)) out.nodes.push_back(std::move(*node));
  }
  return out;
}

}  // namespace meshgate
