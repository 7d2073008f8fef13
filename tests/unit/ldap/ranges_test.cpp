#include <gtest/gtest.h>

#include "connectors/ldap/ranges.hpp"

namespace meshgate::ldap {

namespace {

TEST(Ranges, SayWhichValuesTheyHold) {
  const auto first = range_of("member;range=0-1499");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->attribute, "member");
  EXPECT_EQ(first->first, 0U);
  EXPECT_EQ(first->last, 1499U);
  const auto last = range_of("Member;Range=1500-*");
  ASSERT_TRUE(last);
  EXPECT_EQ(last->attribute, "Member");
  EXPECT_EQ(last->first, 1500U);
  EXPECT_FALSE(last->last);
}

TEST(Ranges, AreNothingElse) {
  for (const char* other : {"", "member", "cn;lang-de", "member;range=", "member;range=1", "member;range=-5", "member;range=5-", "member;range=5-4", "member;range=0-1x", "member;range=0-*x",
                            "member;range=99999999999999999999-*"}) {
    EXPECT_FALSE(range_of(other)) << other;
  }
}

}  // namespace

}  // namespace meshgate::ldap
