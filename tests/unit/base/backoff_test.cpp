#include "gateway/base/backoff.hpp"

#include <gtest/gtest.h>

namespace meshgate::base {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kSeed = 7;

void expect_between(milliseconds wait, milliseconds least, milliseconds most) {
  EXPECT_GE(wait, least);
  EXPECT_LE(wait, most);
}

TEST(Backoff, DoublesUpToItsLongestAndTakesUpToHalfOff) {
  Backoff backoff(milliseconds(250), milliseconds(1000), kSeed);
  for (const int full : {250, 500, 1000, 1000}) expect_between(backoff.failed(), milliseconds(full / 2), milliseconds(full));
}

TEST(Backoff, WaitsAtLeastAsLongAsItIsAskedTo) {
  Backoff backoff(milliseconds(250), milliseconds(1000), kSeed);
  EXPECT_EQ(backoff.failed(milliseconds(60000)), milliseconds(60000));
}

TEST(Backoff, BeginsAgainAfterSuccess) {
  Backoff backoff;
  for (int i = 0; i < 10; ++i) backoff.failed();
  backoff.succeeded();
  expect_between(backoff.failed(), milliseconds(125), milliseconds(250));
}

}  // namespace
}  // namespace meshgate::base
