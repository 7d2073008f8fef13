#include "connectors/odbc/id_set.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

namespace meshgate::odbc {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

bool take_number(std::string_view& text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || out < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

void IdSet::add(std::int64_t first, std::int64_t last) {
  auto at = ranges_.upper_bound(first);
  if (at != ranges_.begin()) {
    const auto before = std::prev(at);
    // It touches or overlaps: both become one.
    if (before->second == kMost || before->second + 1 >= first) at = before;
  }
  while (at != ranges_.end() && (last == kMost || at->first <= last + 1)) {
    first = std::min(first, at->first);
    last = std::max(last, at->second);
    at = ranges_.erase(at);
  }
  ranges_.emplace(first, last);
}

void IdSet::remove(std::int64_t first, std::int64_t last) {
  auto at = ranges_.upper_bound(first);
  if (at != ranges_.begin()) --at;
  while (at != ranges_.end() && at->first <= last) {
    const auto [from, to] = *at;
    if (to < first) {
      ++at;
      continue;
    }
    at = ranges_.erase(at);
    if (from < first) ranges_.emplace(from, first - 1);
    if (to > last) ranges_.emplace(last + 1, to);
  }
}

void IdSet::remove(const IdSet& others) {
  for (const auto& [first, last] : others.ranges_) remove(first, last);
}

void IdSet::keep(const IdSet& others) {
  IdSet out;
  auto mine = ranges_.begin();
  auto other = others.ranges_.begin();
  while (mine != ranges_.end() && other != others.ranges_.end()) {
    const std::int64_t first = std::max(mine->first, other->first);
    const std::int64_t last = std::min(mine->second, other->second);
    if (first <= last) out.ranges_.emplace(first, last);
    if (mine->second < other->second) {
      ++mine;
    } else {
      ++other;
    }
  }
  *this = std::move(out);
}

void IdSet::limit(std::size_t ranges) {
  if (ranges_.size() <= ranges) return;
  std::vector<std::pair<std::int64_t, std::int64_t>> by_length;  // and where it begins
  for (const auto& [first, last] : ranges_) by_length.emplace_back(last - first, first);
  const auto end = by_length.begin() + static_cast<std::ptrdiff_t>(ranges_.size() - ranges);
  std::ranges::nth_element(by_length, end);
  for (auto at = by_length.begin(); at != end; ++at) ranges_.erase(at->second);
}

bool IdSet::contains(std::int64_t id) const {
  const auto behind = ranges_.upper_bound(id);
  return behind != ranges_.begin() && std::prev(behind)->second >= id;
}

std::uint64_t IdSet::size() const {
  std::uint64_t out = 0;
  for (const auto& [first, last] : ranges_) out += static_cast<std::uint64_t>(last - first) + 1;
  return out;
}

std::string IdSet::text() const {
  std::string out;
  for (const auto& [first, last] : ranges_) {
    if (!out.empty()) out += ',';
    out += std::to_string(first);
    if (last != first) out.append("-").append(std::to_string(last));
  }
  return out;
}

std::optional<IdSet> IdSet::parse(std::string_view text) {
  IdSet out;
  while (!text.empty()) {
    std::int64_t first = 0;
    if (!take_number(text, first)) return std::nullopt;
    std::int64_t last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      if (!take_number(text, last) || last < first) return std::nullopt;
    }
    out.add(first, last);
    if (text.empty()) break;
    if (text[0] != ',' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace meshgate::odbc
