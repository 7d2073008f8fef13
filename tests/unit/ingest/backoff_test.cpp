#include "gateway/ingest/backoff.hpp"

#include <gtest/gtest.h>

namespace meshgate::ingest {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToItsCap) {
  Backoff backoff(milliseconds(1000));
  EXPECT_EQ(backoff.next(0), milliseconds(250));
  EXPECT_EQ(backoff.next(0), milliseconds(500));
  EXPECT_EQ(backoff.next(0), milliseconds(1000));
  EXPECT_EQ(backoff.next(0), milliseconds(1000));
}

TEST(Backoff, TakesAtMostAQuarterOff) {
  Backoff backoff(milliseconds(1000));
  const auto wait = backoff.next(1023);
  EXPECT_LT(wait, milliseconds(250));
  EXPECT_GE(wait, milliseconds(187));
}

TEST(Backoff, BeginsAgainAfterSuccess) {
  Backoff backoff;
  for (int i = 0; i < 10; ++i) backoff.next(0);
  backoff.reset();
  EXPECT_EQ(backoff.next(0), milliseconds(250));
}

}  // namespace
}  // namespace meshgate::ingest
