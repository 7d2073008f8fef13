#include <gtest/gtest.h>

#include "gateway/access/lockout.hpp"

namespace meshgate::access {
namespace {

using Clock = Lockout::Clock;
using std::chrono::seconds;

TEST(Lockout, LetsTheFirstAttemptsThroughAndThenWaitsTwiceAsLongEachTime) {
  Lockout lockout;
  auto at = Clock::now();
  for (unsigned i = 0; i < Lockout::kFree; ++i) EXPECT_FALSE(lockout.attempt("ann", "10.0.0.1", at));
  for (seconds wait(1); wait < Lockout::kLongestWait; wait *= 2) {
    EXPECT_EQ(lockout.attempt("ann", "10.0.0.1", at), wait);
    at += wait;
    EXPECT_FALSE(lockout.attempt("ann", "10.0.0.1", at));
  }
  EXPECT_EQ(lockout.attempt("ann", "10.0.0.1", at), Lockout::kLongestWait);
}

TEST(Lockout, CountsANameAndAnAddressTogether) {
  Lockout lockout;
  const auto at = Clock::now();
  for (unsigned i = 0; i < Lockout::kFree; ++i) (void)lockout.attempt("ann", "10.0.0.66", at);
  EXPECT_TRUE(lockout.attempt("ann", "10.0.0.66", at));
  EXPECT_TRUE(lockout.attempt("ANN", "10.0.0.66", at));   // directories do not tell cases apart
  EXPECT_FALSE(lockout.attempt("ann", "10.0.0.1", at));   // the person is let in from elsewhere
  EXPECT_FALSE(lockout.attempt("bob", "10.0.0.66", at));  // and others from there
}

TEST(Lockout, ForgetsAfterASuccessAndAfterAnHour) {
  Lockout lockout;
  const auto at = Clock::now();
  for (unsigned i = 0; i < Lockout::kFree; ++i) (void)lockout.attempt("ann", "a", at);
  lockout.succeeded("ann", "a");
  EXPECT_FALSE(lockout.attempt("ann", "a", at));
  for (unsigned i = 1; i < Lockout::kFree; ++i) (void)lockout.attempt("ann", "a", at);
  EXPECT_TRUE(lockout.attempt("ann", "a", at));
  const auto later = at + Lockout::kForgotten + seconds(1);
  for (unsigned i = 0; i < Lockout::kFree; ++i) EXPECT_FALSE(lockout.attempt("ann", "a", later));
}

TEST(Lockout, RemembersABoundedNumberAndOfThoseTheLatest) {
  Lockout lockout(1000);
  auto at = Clock::now();
  for (int i = 0; i < 20000; ++i) {
    at += std::chrono::milliseconds(10);
    (void)lockout.attempt("name" + std::to_string(i), "a", at);
    // Somebody who guesses one name all the while is not pushed out by the others.
    if (i % 20 == 0) (void)lockout.attempt("ann", "a", at);
    ASSERT_LE(lockout.remembered(), 1000U);
  }
  EXPECT_TRUE(lockout.attempt("ann", "a", at));
}

}  // namespace
}  // namespace meshgate::access
