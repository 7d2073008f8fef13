#include "gateway/ingest/row_budget.hpp"

#include <gtest/gtest.h>

namespace meshgate::ingest {
namespace {

using namespace std::chrono_literals;

constexpr RowBudget::Time kStart{1000s};

TEST(RowBudget, KeepsTheRowsOfOneSecond) {
  RowBudget budget(1000, kStart);
  EXPECT_EQ(budget.there(kStart), 1000U);
  budget.take(400, kStart);
  EXPECT_EQ(budget.there(kStart), 600U);
  EXPECT_EQ(budget.there(kStart + 100ms), 700U);
  EXPECT_EQ(budget.there(kStart + 1h), 1000U);
}

TEST(RowBudget, WhoTookTooMuchWaitsLonger) {
  RowBudget budget(1000, kStart);
  budget.take(3000, kStart);
  EXPECT_EQ(budget.there(kStart), 0U);
  EXPECT_EQ(budget.there(kStart + 2s), 0U);
  EXPECT_EQ(budget.there(kStart + 2500ms), 500U);
}

TEST(RowBudget, SaysWhenThereIsEnough) {
  RowBudget budget(1000, kStart);
  EXPECT_EQ(budget.when(1000), kStart);
  budget.take(1000, kStart);
  const auto when = budget.when(250);
  EXPECT_EQ(when, kStart + 250ms);
  EXPECT_EQ(budget.there(when), 250U);
}

TEST(RowBudget, OneRowASecondIsOneRowASecond) {
  RowBudget budget(1, kStart);
  int taken = 0;
  for (auto now = kStart; now < kStart + 60s; now += 10ms) {
    if (budget.there(now) < 1) continue;
    budget.take(1, now);
    ++taken;
  }
  EXPECT_GE(taken, 59);
  EXPECT_LE(taken, 61);
}

}  // namespace
}  // namespace meshgate::ingest
