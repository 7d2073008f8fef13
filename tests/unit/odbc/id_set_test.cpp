#include "connectors/odbc/id_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <random>
#include <set>

namespace meshgate::odbc {

namespace {

std::uint32_t seed() {
  const char* given = std::getenv("MESHGATE_TEST_SEED");
  const auto out = given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  std::printf("seed %u\n", out);
  return out;
}

std::set<std::int64_t> listed(const IdSet& from) {
  std::set<std::int64_t> out;
  for (const auto& [first, last] : from.ranges()) {
    for (std::int64_t id = first; id <= last; ++id) EXPECT_TRUE(out.insert(id).second);
  }
  return out;
}

/// Ranges neither touch nor overlap.
bool tight(const IdSet& of) {
  std::int64_t before = -2;
  for (const auto& [first, last] : of.ranges()) {
    if (first <= before + 1 || last < first) return false;
    before = last;
  }
  return true;
}

}  // namespace

TEST(IdSet, IsWhatASetOfTheSameIdsIs) {
  std::mt19937 random(seed());
  const auto number = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(0, most)(random); };
  for (int round = 0; round < 300; ++round) {
    IdSet ids[2];
    std::set<std::int64_t> model[2];
    for (int step = 0; step < 60; ++step) {
      const auto which = static_cast<std::size_t>(number(1));
      const std::int64_t first = number(80);
      const std::int64_t last = first + (number(3) == 0 ? number(20) : 0);
      const bool add = number(3) != 0;
      add ? ids[which].add(first, last) : ids[which].remove(first, last);
      for (std::int64_t id = first; id <= last; ++id) add ? void(model[which].insert(id)) : void(model[which].erase(id));
      ASSERT_EQ(listed(ids[which]), model[which]);
      ASSERT_TRUE(tight(ids[which])) << ids[which].text();
      ASSERT_EQ(ids[which].size(), model[which].size());
      ASSERT_EQ(ids[which].contains(first + 1), model[which].contains(first + 1));
    }
    IdSet both = ids[0];
    both.keep(ids[1]);
    std::set<std::int64_t> wanted;
    std::ranges::set_intersection(model[0], model[1], std::inserter(wanted, wanted.end()));
    ASSERT_EQ(listed(both), wanted);
    IdSet rest = ids[0];
    rest.remove(ids[1]);
    wanted.clear();
    std::ranges::set_difference(model[0], model[1], std::inserter(wanted, wanted.end()));
    ASSERT_EQ(listed(rest), wanted);
    ASSERT_EQ(IdSet::parse(ids[0].text()), ids[0]);
  }
}

TEST(IdSet, KnowsTheGreatestId) {
  IdSet ids;
  ids.add(INT64_MAX);
  ids.add(INT64_MAX - 1);
  ids.add(5);
  EXPECT_EQ(ids.text(), "5,9223372036854775806-9223372036854775807");
  ids.remove(0, INT64_MAX - 1);
  EXPECT_EQ(ids.text(), "9223372036854775807");
}

TEST(IdSet, KeepsTheLongestRanges) {
  IdSet ids = *IdSet::parse("1,3-9,11-12,14");
  ids.limit(2);
  EXPECT_EQ(ids.text(), "3-9,11-12");
  ids.limit(2);
  EXPECT_EQ(ids.ranges().size(), 2U);
}

TEST(IdSet, EveryOtherTextIsNone) {
  EXPECT_EQ(IdSet::parse(""), IdSet{});
  for (const char* wrong : {"a", "1,", ",1", "1-", "-1", "3-2", "1 ,2", "1,2x", "99999999999999999999"}) EXPECT_FALSE(IdSet::parse(wrong)) << wrong;
}

}  // namespace meshgate::odbc
