#include "gateway/net/rate.hpp"

#include <gtest/gtest.h>

namespace meshgate::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RateTest : public testing::Test {
 protected:
  /// How many of `tries` go through at this moment.
  std::size_t taken(Rate& rate, const std::string& who, milliseconds at, std::size_t tries) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < tries; ++i) out += rate.take(who, start_ + at) ? 0 : 1;
    return out;
  }
  const Rate::Clock::time_point start_{seconds(1000)};
};

TEST_F(RateTest, ABurstAndThenTheRate) {
  Rate rate(10, 5);
  EXPECT_EQ(taken(rate, "a", milliseconds(0), 100), 5U);
  EXPECT_EQ(taken(rate, "a", milliseconds(99), 100), 0U);
  EXPECT_EQ(taken(rate, "a", milliseconds(100), 100), 1U);
  EXPECT_EQ(taken(rate, "a", milliseconds(1000), 100), 5U);  // never more than the bucket holds
  EXPECT_EQ(taken(rate, "b", milliseconds(1000), 100), 5U);  // each has a bucket of its own
}

TEST_F(RateTest, OverAnyTimeNoMoreThanBurstAndRate) {
  Rate rate(100, 20);
  std::size_t all = 0;
  for (int at = 0; at < 10000; at += 7) all += taken(rate, "a", milliseconds(at), 3);
  EXPECT_LE(all, 20U + 1000U);
  EXPECT_GE(all, 1000U);
}

TEST_F(RateTest, SaysHowLongToWait) {
  Rate rate(2, 1);
  EXPECT_EQ(taken(rate, "a", milliseconds(0), 1), 1U);
  const auto wait = rate.take("a", start_ + milliseconds(100));
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, milliseconds(400));
  EXPECT_FALSE(rate.take("a", start_ + milliseconds(100) + *wait));
}

TEST_F(RateTest, ForgetsWhoHasRested) {
  Rate rate(1000, 1000);
  for (int i = 0; i < 100000; ++i) (void)rate.take("address " + std::to_string(i), start_ + milliseconds(i));
  EXPECT_LT(rate.remembered(), 3000U);
}

TEST_F(RateTest, NoRateIsNoLimit) {
  Rate rate(0, 0);
  EXPECT_EQ(taken(rate, "a", milliseconds(0), 1000), 1000U);
  EXPECT_EQ(rate.remembered(), 0U);
}

}  // namespace
}  // namespace meshgate::net
