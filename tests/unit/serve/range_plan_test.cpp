#include "gateway/serve/range_plan.hpp"

#include <gtest/gtest.h>

#include <string>

namespace meshgate::serve {
namespace {

bool none(const Part&) { return false; }

std::string shown(const std::vector<Part>& parts) {
  std::string out;
  for (const Part& one : parts) out += std::to_string(number(one.after)) + "-" + std::to_string(number(one.to)) + " ";
  return out;
}

TEST(RangePlan, CutsIntoWhatFits) {
  EXPECT_EQ(shown(cut({10, {5, 5, 5, 5}, 10}, none)), "0-20 20-40 ");
  EXPECT_EQ(shown(cut({10, {5, 5, 5, 5}, 20}, none)), "0-40 ");
  EXPECT_EQ(shown(cut({10, {50, 1, 1, 1}, 10}, none)), "0-10 10-20 20-40 ");
  EXPECT_EQ(shown(cut({10, {}, 10}, none)), "");
}

TEST(RangePlan, EndsWithTheLastWholeCell) {
  EXPECT_EQ(shown(cut({10, {5, 5, 5, 5, 5}, 10}, none)), "0-20 20-40 40-50 ");
  EXPECT_EQ(shown(cut({10, {0, 0, 0, 0, 0, 0, 0}, 10}, none)), "0-40 40-60 60-70 ");
}

TEST(RangePlan, KeepsALargerPartThatIsWanted) {
  const auto keep = [](const Part& part) { return part == Part{Seq{0}, Seq{40}}; };
  EXPECT_EQ(shown(cut({10, {9, 9, 9, 9, 9, 9, 9, 9}, 10}, keep)), "0-40 40-50 50-60 60-70 70-80 ");
}

TEST(RangePlan, PartsStayAsTheOrderGrows) {
  std::vector<std::uint64_t> weights;
  std::vector<Part> before;
  for (int i = 0; i < 40; ++i) {
    weights.push_back(10);
    const auto now = cut({8, weights, 10}, none);
    ASSERT_TRUE(std::equal(before.begin(), before.end(), now.begin()));
    before = now;
  }
}

TEST(RangePlan, ACellHoldsWhatAPartMay) {
  EXPECT_EQ(cell_of(160, 8U << 20U, Seq{1000}), 32768U);
  EXPECT_EQ(cell_of(1U << 20U, 8U << 20U, Seq{1000}), 64U);
  EXPECT_EQ(cell_of(0, 1U << 20U, Seq{1}), 1U << 20U);
  EXPECT_EQ(cell_of(160, 8U << 20U, Seq{1ULL << 40U}), 1ULL << 26U);
}

}  // namespace
}  // namespace meshgate::serve
