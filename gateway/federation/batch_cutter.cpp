#include "gateway/federation/batch_cutter.hpp"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "mesh/value.hpp"

namespace meshgate::federation {

namespace {

constexpr std::size_t kLongestHead = std::size_t{16} << 10U;
constexpr std::string_view kMark = "{\"mark\"";

std::optional<Batch> parse_head(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  simdjson::dom::object of;
  const simdjson::padded_string padded(line);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["of"].get(of) != simdjson::SUCCESS) return std::nullopt;
  std::string_view feed;
  std::string_view partition;
  std::string_view after;
  if (of["feed"].get(feed) != simdjson::SUCCESS || of["after"].get(after) != simdjson::SUCCESS) return std::nullopt;
  const auto named = of["partition"].get(partition);
  if (named != simdjson::SUCCESS && named != simdjson::NO_SUCH_FIELD) return std::nullopt;
  const auto cursor = Cursor::parse(after);
  if (!cursor) return std::nullopt;
  return Batch{{std::string(feed), std::string(partition)}, *cursor, {}};
}

}  // namespace

std::string batch_head(const Part& part, const Cursor& after) {
  std::string out = "{\"of\":{\"feed\":";
  append_json_string(out, part.feed);
  out += ",\"partition\":";
  append_json_string(out, part.partition);
  return out.append(",\"after\":\"").append(after.text()).append("\"}}\n");
}

bool BatchCutter::line(std::string_view& out) {
  const std::size_t end = held_.find('\n', searched_);
  searched_ = held_.size();
  if (end == std::string::npos) return false;
  out = std::string_view(held_).substr(seen_, end - seen_);
  searched_ = seen_ = end + 1;
  return true;
}

Result<std::optional<Batch>> BatchCutter::next() {
  std::string_view line;
  if (!begun_) {
    const bool whole = this->line(line);
    if ((whole ? seen_ : held_.size()) > kLongestHead) return Error{Code::config, "the line before a page is longer than " + std::to_string(kLongestHead) + " bytes"};
    if (!whole) return std::optional<Batch>();
    begun_ = parse_head(line);
    if (!begun_) return Error{Code::config, "before a page stands a line {\"of\":{\"feed\":…,\"partition\":…,\"after\":…}}; a page ends with its first mark"};
    held_.erase(0, seen_);
    searched_ = seen_ = 0;
  }
  bool marked = false;
  while (!marked && this->line(line)) marked = line.starts_with(kMark);
  if ((marked ? seen_ : held_.size()) > most_) return Error{Code::unsupported, "the page is longer than this node takes"};
  if (!marked) return std::optional<Batch>();
  begun_->page = held_.substr(0, seen_);
  held_.erase(0, seen_);
  searched_ = seen_ = 0;
  return std::exchange(begun_, std::nullopt);
}

}  // namespace meshgate::federation
