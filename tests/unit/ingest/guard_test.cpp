#include "gateway/ingest/guard.hpp"

#include <gtest/gtest.h>

namespace meshgate::ingest {
namespace {

TEST(Guard, LetsAnOrdinarySweepThrough) { EXPECT_FALSE(hold({.seen = 1, .items = 1000000}, false)); }

TEST(Guard, HoldsASweepThatFoundNothing) {
  const auto why = hold({.seen = 0, .items = 7}, false);
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("7 items"), std::string::npos);
  EXPECT_NE(why->find("meshgate release"), std::string::npos);
}

TEST(Guard, AnEmptyFeedHasNothingToHold) { EXPECT_FALSE(hold({.seen = 0, .items = 0}, false)); }

TEST(Guard, AnOperatorLetsItThrough) { EXPECT_FALSE(hold({.seen = 0, .items = 7}, true)); }

}  // namespace
}  // namespace meshgate::ingest
