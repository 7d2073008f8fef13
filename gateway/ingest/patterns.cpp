#include "gateway/ingest/patterns.hpp"

#include <algorithm>

namespace meshgate::ingest {

namespace {

bool excludes(std::string_view pattern) { return pattern.starts_with('!'); }

bool names(std::string_view pattern, const StreamName& stream) {
  if (excludes(pattern)) pattern.remove_prefix(1);
  if (stream.group.empty()) return matches(pattern, stream.title);
  if (pattern.find('.') == pattern.npos) return stream.own && matches(pattern, stream.title);
  return matches(pattern, stream.group + "." + stream.title);
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t star = pattern.npos;  // the last one met
  std::size_t behind_star = 0;      // where what follows it is tried
  std::size_t i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      behind_star = i;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == text[i])) {
      ++at;
      // A character is more than one byte where the next ones go on with it.
      for (++i; pattern[at - 1] == '?' && i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U;) ++i;
    } else if (star != pattern.npos) {
      at = star + 1;
      i = ++behind_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == pattern.npos;
}

bool Patterns::choose(const StreamName& stream) const {
  const auto last = std::find_if(patterns_.rbegin(), patterns_.rend(), [&](const std::string& one) { return names(one, stream); });
  return last != patterns_.rend() && !excludes(*last);
}

std::vector<std::string> Patterns::idle(const std::vector<StreamName>& streams) const {
  std::vector<std::string> out;
  for (const std::string& pattern : patterns_) {
    if (std::none_of(streams.begin(), streams.end(), [&](const StreamName& one) { return names(pattern, one); })) out.push_back(pattern);
  }
  return out;
}

}  // namespace meshgate::ingest
