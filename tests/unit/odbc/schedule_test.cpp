#include "connectors/odbc/schedule.hpp"

#include <gtest/gtest.h>

namespace meshgate::odbc {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kNow = 1'767'608'109'000'000;

Position followed(Pass pass = Pass::none) {
  Tracked tracked;
  tracked.clock = tracked.swept = tracked.verified = kNow;
  return {.pass = pass, .key = {}, .fingerprint = 1, .as_of_us = 0, .tracked = tracked};
}

}  // namespace

TEST(Schedule, AScannedTableIsScannedAgainAndAgain) {
  EXPECT_EQ(next_turn({}, {}, true, false), Turn::scan);
  EXPECT_EQ(next_turn({.pass = Pass::scan}, {}, true, false), Turn::go_on);
}

TEST(Schedule, AFollowedTableIsPolled) {
  EXPECT_EQ(next_turn(followed(), {}, true, false), Turn::poll);
  Position polling = followed();
  polling.tracked->poll.emplace();
  EXPECT_EQ(next_turn(polling, {}, true, false), Turn::poll_on);
}

TEST(Schedule, TheFirstScanIsNotInterrupted) { EXPECT_EQ(next_turn(followed(Pass::scan), {}, true, false), Turn::go_on); }

TEST(Schedule, PollsHaveTheirTurnWithinASweep) {
  EXPECT_EQ(next_turn(followed(Pass::sweep), {}, false, false), Turn::go_on);
  EXPECT_EQ(next_turn(followed(Pass::sweep), {}, true, false), Turn::poll);
  Position both = followed(Pass::verify);
  both.tracked->poll.emplace();
  EXPECT_EQ(next_turn(both, {}, false, false), Turn::poll_on) << "a poll is finished first";
}

TEST(Schedule, WhereNoScanIsWantedOnlyChangesAreRead) {
  EXPECT_EQ(next_turn({}, {}, true, true), Turn::rest);
  EXPECT_EQ(next_turn({.pass = Pass::scan}, {}, true, true), Turn::rest);
  EXPECT_EQ(next_turn(followed(Pass::scan), {}, true, true), Turn::rest) << "nothing is followed before the first scan is done";
  EXPECT_EQ(next_turn(followed(Pass::sweep), {}, false, true), Turn::poll);
  Position at = followed();
  at.tracked->swept = at.tracked->verified = 0;
  EXPECT_EQ(next_turn(at, {}, false, true), Turn::poll);
  at.tracked->poll.emplace();
  EXPECT_EQ(next_turn(at, {}, false, true), Turn::poll_on);
}

TEST(Schedule, ScansComeWhenTheyAreDue) {
  const Schedule schedule{.sweep = 60s, .verify = 24h, .sweep_by_cost = false};
  Position at = followed();
  EXPECT_FALSE(scan_due(*at.tracked, schedule));
  at.tracked->clock = kNow + 60 * kSecond;
  EXPECT_TRUE(scan_due(*at.tracked, schedule));
  EXPECT_EQ(next_turn(at, schedule, false, false), Turn::sweep);
  at.tracked->clock = kNow + 24 * 3600 * kSecond;
  EXPECT_EQ(next_turn(at, schedule, false, false), Turn::verify) << "it sweeps as well";
  at = followed();
  at.tracked->swept = 0;
  EXPECT_EQ(next_turn(at, schedule, false, false), Turn::sweep) << "one is owed";
  at.tracked->verified = 0;
  EXPECT_EQ(next_turn(at, schedule, false, false), Turn::verify);
  EXPECT_EQ(next_turn(at, {.sweep = {}, .verify = {}}, false, false), Turn::poll) << "never means never";
}

TEST(Schedule, ADearSweepComesLessOften) {
  Position at = followed();
  at.tracked->sweep_took = 30 * kSecond;
  at.tracked->clock = kNow + 300 * kSecond;
  EXPECT_FALSE(scan_due(*at.tracked, {}));
  at.tracked->clock = kNow + 600 * kSecond;
  EXPECT_TRUE(scan_due(*at.tracked, {}));
  at.tracked->clock = kNow + 60 * kSecond;
  EXPECT_TRUE(scan_due(*at.tracked, {.sweep = 60s, .verify = 24h, .sweep_by_cost = false})) << "what was asked for is done";
}

TEST(Schedule, WhatIsInDoubtIsComparedAtOnce) {
  Position at = followed();
  at.tracked->doubt = kOver;
  const Schedule never{.sweep = {}, .verify = {}};
  EXPECT_EQ(next_turn(at, never, false, false), Turn::verify);
  EXPECT_TRUE(scan_due(*at.tracked, never));
  at.tracked->doubt = kChecking;
  EXPECT_EQ(next_turn(at, never, false, false), Turn::poll) << "that is done";
}

TEST(Schedule, IntervalsAreReadAsTheConfigurationWritesThem) {
  EXPECT_EQ(parse_interval("5m")->every, 5min);
  EXPECT_EQ(parse_interval("250ms")->every, 250ms);
  EXPECT_EQ(parse_interval("never")->every, std::nullopt);
  for (const char* wrong : {"", "5", "m", "-1s", "5 m", "off", "99999999999999999999d", "9223372036854775807d"}) EXPECT_FALSE(parse_interval(wrong)) << wrong;
}

}  // namespace meshgate::odbc
