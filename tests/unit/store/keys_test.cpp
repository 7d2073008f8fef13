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

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

TEST(Format, ExamplesOfTheFormatPage) {
  std::string key;
  append_log_key(key, {FeedNumber{1}, PartitionNumber{2}, 1}, Seq{17});
  EXPECT_EQ(hex(key), "0000000100000002000000010000000000000011");
  key.clear();
  append_index_key(key, FeedNumber{1}, "42");
  EXPECT_EQ(hex(key), "0000000101000000000000002a");
  EXPECT_EQ(hex(origin_key(FeedNumber{1}, StreamNumber{1}, "k7")), "0000000100000001026b37");
  EXPECT_EQ(hex(quarantine_key(FeedNumber{1}, "k7", StreamNumber{1})), "000000016b37000100000001");
  EXPECT_EQ(hex(time_key(FeedNumber{1}, 1767607200000000)), "7400000001000647a11f422800");
  IndexEntry entry{content_hash("42", "{}"), 2, 300, StreamNumber{1}, "k7", {}};
  entry.memberships = {{PartitionNumber{2}, 1, Seq{17}, true, entry.hash}, {PartitionNumber{0}, 1, Seq{18}, false, {}}};
  std::string value;
  encode(value, entry);
  EXPECT_EQ(hex(value), "f4139b45eb0d98b0e8491a5b169d913202ac0201026b3711110012");
  value.clear();
  encode(value, QuarantineRecord{"bad date", "x", Micros{1000}, Micros{2000}, 2});
  EXPECT_EQ(hex(value), "0862616420646174650178e807d00f02");
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
