#include "gateway/store/keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "gateway/store/records.hpp"

namespace meshgate::store {
namespace {

std::string ordered(const std::string& id) {
  std::string out;
  append_ordered_id(out, id);
  return out;
}

TEST(Keys, WholeNumbersSortByValueBeforeEverythingElse) {
  const std::vector<std::string> ids{"0", "2", "10", "9999999999999999999", "-1", "007", "10000000000000000000", "1a", "a", "aa"};
  for (std::size_t i = 1; i < ids.size(); ++i) EXPECT_LT(ordered(ids[i - 1]), ordered(ids[i])) << ids[i];
  for (const auto& id : ids) EXPECT_EQ(id_of_ordered(ordered(id)), id);
}

TEST(Keys, QuarantineKeysKeepTheirNamesAndOrder) {
  const std::vector<std::string> keys{"", std::string("\0", 1), std::string("\0a", 2), "a", std::string("a\0", 2), "a\x01", "ab"};
  std::string last;
  for (const auto& key : keys) {
    for (const std::uint32_t stream : {1U, 257U, 0xFFU}) {
      const auto name = name_of_quarantine_key(quarantine_key(FeedNumber{7}, key, StreamNumber{stream}));
      EXPECT_EQ(name.key, key);
      EXPECT_EQ(plain(name.stream), stream);
    }
    const auto first = quarantine_key(FeedNumber{7}, key, StreamNumber{0});
    EXPECT_LT(last, first);
    last = after_quarantine_key(FeedNumber{7}, key);
    EXPECT_LT(quarantine_key(FeedNumber{7}, key, StreamNumber{0xFFFFFFFF}), last);
  }
}

TEST(Records, AnIndexEntrySurvivesAndACutOneIsRefused) {
  IndexEntry entry;
  entry.hash.bits = {1, 2};
  entry.n = 300;
  entry.number = 70000;
  entry.stream = StreamNumber{2};
  entry.key = "k";
  entry.memberships = {{PartitionNumber{0}, 1, Seq{5}, true, entry.hash}, {PartitionNumber{9}, 3, Seq{1U << 20U}, true, {{7, 7}}},
                       {PartitionNumber{1}, 1, Seq{6}, false, {}}};
  std::string bytes;
  encode(bytes, entry);
  IndexEntry back;
  ASSERT_TRUE(decode(bytes, back));
  EXPECT_EQ(back.hash, entry.hash);
  EXPECT_EQ(back.n, 300U);
  EXPECT_EQ(back.number, 70000U);
  EXPECT_EQ(back.key, "k");
  EXPECT_EQ(back.memberships, entry.memberships);
  EXPECT_FALSE(decode(bytes.substr(0, 17), back));
}

}  // namespace
}  // namespace meshgate::store
