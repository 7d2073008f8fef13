#include "gateway/federation/choice.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace meshgate::federation {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kNear = 0;
constexpr std::size_t kFar = 1;
constexpr auto kLimit = 60s;
const Epoch kEpoch{{1, 1}};
const Epoch kOther{{2, 2}};

/// What a peer says that has all up to `seq`, of an origin that had read its source until second `as_of`.
Told told(std::uint64_t seq, std::int64_t as_of, const Epoch& epoch = kEpoch) { return {epoch, Seq{seq}, Micros{as_of * 1000000}}; }

enum class What : std::uint8_t { tells, gave, gave_all, gives, fails };

struct Step {
  int at;  ///< seconds
  What what;
  std::size_t peer;
  Told told;
  std::size_t chosen;  ///< behind it
};

struct Case {
  const char* name;
  std::vector<Step> steps;
};

class ChoiceTest : public testing::TestWithParam<Case> {};

void take(Choice& choice, const Step& step) {
  const Choice::Time at{std::chrono::seconds(1000 + step.at)};
  switch (step.what) {
    case What::tells: return choice.tells(step.peer, step.told, at);
    case What::gave: return choice.gave(step.peer, step.told, false, at);
    case What::gave_all: return choice.gave(step.peer, step.told, true, at);
    case What::gives: return choice.gives(step.peer, at);
    case What::fails: return choice.fails(step.peer, at);
  }
}

TEST_P(ChoiceTest, IsAsTheTableSays) {
  Choice choice(2, kLimit);
  for (const Step& step : GetParam().steps) {
    take(choice, step);
    EXPECT_EQ(choice.chosen(), step.chosen) << "at " << step.at << " s";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ChoiceTest,
    testing::Values(
        Case{"ThePreferredOneIsTaken", {{0, What::gives, kFar, {}, kNear}, {0, What::tells, kFar, told(100, 100), kNear}}},
        Case{"OneThatIsLaterByLessThanTheLimitStays",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(200, 105), kNear},
              {60, What::tells, kNear, told(100, 100), kNear},
              {61, What::gave, kNear, told(200, 105), kNear},
              {66, What::tells, kFar, told(300, 166), kNear},
              {70, What::tells, kNear, told(200, 105), kNear}}},
        Case{"OneThatHasNotGotItAfterTheLimitIsLeft",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(101, 105), kNear},
              {64, What::tells, kNear, told(100, 100), kNear},
              {65, What::tells, kNear, told(100, 100), kFar}}},
        Case{"OneThatWasAskedInTheMiddleOfItsFirstCopyIsLeftToo",
             {{0, What::tells, kNear, told(0, 0, kOther), kNear},
              {1, What::gave, kNear, told(50, 100), kNear},
              {2, What::gave_all, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(101, 105), kNear},
              {65, What::tells, kNear, told(100, 100), kFar}}},
        Case{"OneThatGoesOnButEverLaterIsLeft",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(1000, 105), kNear},
              {30, What::gave, kNear, told(200, 101), kNear},
              {66, What::tells, kNear, told(300, 102), kFar}}},
        Case{"WhatComesLateOfItIsNoProof",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(1000, 105), kNear},
              {90, What::gave, kNear, told(500, 101), kNear},
              {91, What::tells, kNear, told(1000, 190), kNear}}},
        Case{"OldNewsOfAllIsNoLag",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {1, What::tells, kFar, told(100, 100), kNear},
              {9000, What::tells, kFar, told(100, 100), kNear},
              {9001, What::tells, kNear, told(100, 100), kNear}}},
        Case{"WhenNothingIsNewTheFresherOneIsTakenLater",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(100, 105), kNear},
              {66, What::tells, kNear, told(100, 100), kNear},
              {109, What::tells, kNear, told(100, 100), kNear},
              {110, What::tells, kNear, told(100, 100), kFar}}},
        Case{"WhoWasOlderAlreadyIsLeftForChangesAsSoon",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(100, 105), kNear},
              {10, What::tells, kFar, told(101, 110), kNear},
              {69, What::tells, kNear, told(100, 100), kNear},
              {70, What::tells, kNear, told(100, 100), kFar}}},
        Case{"AFreshnessThatIsNotKnownIsNotCompared",
             {{0, What::tells, kNear, told(100, 0), kNear}, {5, What::tells, kFar, told(100, 105), kNear}, {900, What::tells, kNear, told(100, 0), kNear}}},
        Case{"AnotherOrderIsComparedByItsFreshnessAlone",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(7, 105, kOther), kNear},
              {66, What::tells, kNear, told(100, 100), kNear},
              {111, What::tells, kNear, told(100, 100), kFar}}},
        Case{"WhoIsLeftIsTakenAgainWhenItHasKeptUpForAsLong",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(101, 105), kNear},
              {65, What::tells, kNear, told(100, 100), kFar},
              {70, What::tells, kNear, told(101, 170), kFar},
              {71, What::gave, kFar, told(102, 171), kFar},
              {75, What::tells, kNear, told(102, 175), kFar},
              {129, What::tells, kNear, told(102, 229), kFar},
              {130, What::tells, kNear, told(102, 230), kNear}}},
        Case{"WhoTakesBackWhatItSaidBlamesNobody",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(999, 105), kNear},
              {50, What::tells, kFar, told(100, 100), kNear},
              {66, What::tells, kNear, told(100, 100), kNear}}},
        Case{"WhatOnlyAFailingOneHadIsNotMissed",
             {{0, What::tells, kNear, told(100, 100), kNear},
              {5, What::tells, kFar, told(101, 105), kNear},
              {50, What::fails, kFar, {}, kNear},
              {66, What::tells, kNear, told(100, 100), kNear}}},
        Case{"TheOnlyOneThatGivesStays",
             {{0, What::fails, kFar, {}, kNear}, {1, What::fails, kNear, {}, kNear}, {2, What::gives, kFar, {}, kFar}, {3, What::gives, kNear, {}, kNear}}},
        Case{"WhoFailsIsTakenAgainAtOnceTheFirstTime",
             {{0, What::fails, kNear, {}, kFar}, {9, What::tells, kNear, told(100, 100), kFar}, {9, What::gives, kNear, {}, kNear}}},
        Case{"ButNotWhileItHasLessThanTheOther",
             {{0, What::tells, kFar, told(200, 200), kNear},
              {0, What::fails, kNear, {}, kFar},
              {9, What::tells, kNear, told(100, 100), kFar},
              {9, What::gives, kNear, {}, kFar},
              {14, What::tells, kNear, told(200, 200), kNear}}},
        Case{"WhoFailsAgainSoonIsWaitedFor",
             {{0, What::fails, kNear, {}, kFar},
              {9, What::gives, kNear, {}, kNear},
              {20, What::fails, kNear, {}, kFar},
              {21, What::gives, kNear, {}, kFar},
              {80, What::gives, kNear, {}, kFar},
              {81, What::gives, kNear, {}, kNear}}}),
    [](const auto& one) { return std::string(one.param.name); });

/// A peer that comes and goes at every chance is changed to a number of times that grows with the logarithm of the time only.
TEST(Choice, APeerThatFlapsIsChangedToEverMoreRarely) {
  const char* given = std::getenv("MESHGATE_TEST_SEED");
  const auto seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  SCOPED_TRACE("MESHGATE_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  Choice choice(2, kLimit);
  std::size_t changes = 0;
  std::size_t before = choice.chosen();
  choice.tells(kFar, told(1, 1), {});
  for (int second = 0; second < 24 * 3600; ++second) {
    const Choice::Time at{std::chrono::seconds(second)};
    if (choice.chosen() == kNear && random() % 5 == 0) choice.fails(kNear, at);
    if (choice.chosen() == kFar) choice.gives(kNear, at);
    if (choice.chosen() != before) ++changes;
    before = choice.chosen();
  }
  // Waits of 0, 1, 2, … 60 minutes, and then one change back and forth an hour.
  EXPECT_LE(changes, 2 * (1 + 6 + 24));
  EXPECT_GE(changes, 2U);
}

TEST(Choice, WhoIsDoubtfulIsToBeAsked) {
  Choice choice(2, kLimit);
  const Choice::Time start{1000s};
  choice.tells(kNear, told(100, 100), start);
  choice.tells(kFar, told(101, 105), start);
  EXPECT_FALSE(choice.doubtful(kNear, start + 59s));
  EXPECT_TRUE(choice.doubtful(kNear, start + 60s));
  EXPECT_EQ(choice.behind_others(kNear).items, 1U);
  EXPECT_EQ(choice.behind_others(kNear).age, 5s);
  choice.tells(kNear, told(100, 100), start + 60s);
  EXPECT_FALSE(choice.doubtful(kNear, start + 60s));
  EXPECT_TRUE(choice.lags(kNear));
}

}  // namespace
}  // namespace meshgate::federation
