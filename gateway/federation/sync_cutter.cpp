#include "gateway/federation/sync_cutter.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace meshgate::federation {

namespace {

constexpr std::size_t kLongestLine = std::size_t{80} << 20U;  ///< an item of the largest size, escaped, and what stands around it
constexpr std::size_t kMostBetweenMarks = 2 * kLongestLine;

std::string text_of(const simdjson::dom::object& from, const char* name) {
  std::string_view text;
  if (from[name].get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

/// Of an object with one member: its name and what it holds.
bool only_member(simdjson::dom::element root, std::string_view& name, simdjson::dom::object& value) {
  simdjson::dom::object all;
  if (root.get(all) != simdjson::SUCCESS || all.size() != 1) return false;
  const auto [key, element] = *all.begin();
  name = key;
  return element.get(value) == simdjson::SUCCESS;
}

}  // namespace

bool SyncCutter::fail(std::string why) {
  if (!error_) error_ = Error{Code::corrupt, (of_ ? of_->text() + ": " : std::string()) + std::move(why)};
  return false;
}

bool SyncCutter::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      if (unfinished_.size() + bytes.size() > kLongestLine) return fail("a line is longer than any item may be");
      unfinished_.append(bytes);
      break;
    }
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    std::string whole;
    if (!unfinished_.empty()) {
      whole = std::exchange(unfinished_, {}).append(line);
      line = whole;
    }
    if (!line.empty() && !take_line(line)) return false;
  }
  return true;
}

bool SyncCutter::take_line(std::string_view line) {
  for (const std::string_view kind : {"{\"put\":", "{\"gone\":", "{\"trim\":"}) {
    if (line.starts_with(kind)) return take_change(line);
  }
  for (const std::string_view kind : {"{\"mark\":", "{\"schema\":"}) {
    if (line.starts_with(kind)) return take_parsed(line);
  }
  return take_word(line);
}

bool SyncCutter::take_change(std::string_view line) {
  if (!of_) return fail("a line came before it was said of which partition it is");
  if (bytes_ + line.size() > kMostBetweenMarks) return fail("too many lines came without a mark");
  lines_[*of_].append(line).append(1, '\n');
  bytes_ += line.size() + 1;
  return true;
}

bool SyncCutter::take_parsed(std::string_view line) {
  if (!of_) return fail("a line came before it was said of which partition it is");
  auto parsed = parser_.parse(line);
  if (!parsed) return fail(parsed.error().message);
  if (const auto* schema = std::get_if<Schema>(&*parsed)) return sink_.schema(*of_, *schema);
  const auto* mark = std::get_if<Mark>(&*parsed);
  if (mark == nullptr) return fail("a mark is none");
  std::string lines;
  if (const auto own = lines_.find(*of_); own != lines_.end()) {
    lines = std::move(own->second);
    lines_.erase(own);
  }
  bytes_ -= lines.size();
  return sink_.page(*of_, std::move(lines), *mark);
}

bool SyncCutter::take_word(std::string_view line) {
  simdjson::dom::parser parser;
  std::string_view kind;
  simdjson::dom::object value;
  const simdjson::padded_string padded(line);
  simdjson::dom::element root;
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || !only_member(root, kind, value)) return fail("a line is none of those a node sends");
  const Part part{text_of(value, "feed"), text_of(value, "partition")};
  if (kind == "of") {
    of_ = part;
    return true;
  }
  if (kind == "visible") return true;
  if (kind != "denied" && kind != "refused") return fail("a line is of a kind '" + std::string(kind.substr(0, 40)) + "' that this node does not know; use a newer meshgate");
  if (const auto own = lines_.find(part); own != lines_.end()) {
    bytes_ -= own->second.size();
    lines_.erase(own);
  }
  NotGiven told;
  told.denied = kind == "denied";
  std::uint64_t status = 0;
  if (value["status"].get(status) == simdjson::SUCCESS) told.status = static_cast<unsigned>(status);
  told.reason = text_of(value, "reason");
  told.why = text_of(value, "detail");
  return sink_.not_given(part, told);
}

}  // namespace meshgate::federation
