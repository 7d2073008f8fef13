#include "gateway/access/group_numbers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <vector>

namespace meshgate::access {
namespace {

std::vector<GroupNumber> sorted(std::vector<GroupNumber> numbers) {
  std::ranges::sort(numbers);
  return numbers;
}

std::vector<GroupNumber> held(const GroupNumbers& numbers) { return sorted({numbers.all().begin(), numbers.all().end()}); }

TEST(GroupNumbers, HoldsWhatWasAddedAndNotStruckHoweverManyAndHoweverOften) {
  const char* given = std::getenv("MESHGATE_TEST_SEED");
  const auto seed = given == nullptr ? std::random_device()() : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  std::mt19937 random(seed);
  GroupNumbers numbers;
  std::vector<GroupNumber> model;
  for (int i = 0; i < 5000; ++i) {
    // Grows and shrinks, and is often nearly empty.
    const bool adds = model.empty() || random() % 8 < (i / 50 % 2 == 0 ? 5U : 3U);
    if (adds) {
      model.push_back(static_cast<GroupNumber>(random() % 7));
      numbers.add(model.back());
    } else {
      const auto one = model.begin() + static_cast<std::ptrdiff_t>(random() % model.size());
      numbers.strike(*one);
      model.erase(one);
    }
    ASSERT_EQ(held(numbers), sorted(model)) << "MESHGATE_TEST_SEED=" << seed << " step " << i;
  }
}

TEST(GroupNumbers, ThereAreNoneAtFirst) { EXPECT_TRUE(GroupNumbers().all().empty()); }

}  // namespace
}  // namespace meshgate::access
