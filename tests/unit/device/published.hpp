#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "gateway/store/feed.hpp"
#include "mesh/lines.hpp"

namespace meshgate::test {

/// An item of a feed, and where it stands in its order: the highest of its seqs in the partitions that were looked at.
struct Published {
  std::string content;
  std::uint64_t seq = 0;
};

inline std::map<std::string, Published> published(const store::Feed& feed, const std::vector<std::string>& partitions) {
  std::map<std::string, Published> out;
  for (const std::string& partition : partitions) {
    if (!feed.standing(partition)) continue;
    auto page = feed.changes(partition, {}, {.entries = 100000});
    EXPECT_TRUE(page);
    if (!page) continue;
    LineParser parser;
    for (std::string_view rest = page->lines; !rest.empty();) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() + 1);
      const auto parsed = parser.parse(line);
      EXPECT_TRUE(parsed);
      const auto* put = parsed ? std::get_if<PutLine>(&*parsed) : nullptr;
      if (put == nullptr) continue;
      Published& item = out[std::string(put->id)];
      item.content = put->content;
      item.seq = std::max(item.seq, number(put->seq));
    }
  }
  return out;
}

/// "id seq content" of each, to be compared.
inline std::string listed(const std::map<std::string, Published>& items) {
  std::string out;
  for (const auto& [id, item] : items) out.append(id).append(" ").append(std::to_string(item.seq)).append(" ").append(item.content).append("\n");
  return out;
}

}  // namespace meshgate::test
