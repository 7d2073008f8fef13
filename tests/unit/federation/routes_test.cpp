#include "gateway/federation/routes.hpp"

#include <gmock/gmock.h>

namespace meshgate::federation {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kHq = 0;
constexpr std::size_t kHub = 1;
constexpr std::size_t kOrders = 0;
constexpr std::size_t kNotes = 1;

class RoutesTest : public testing::Test {
 protected:
  const Options options_{{{"hq", "http://hq", {}}, {"hub", "http://hub", {}}}, {{"orders", {kHq, kHub}, {}}, {"notes", {kHub}, {}}}};
  Routes routes_{options_};
};

TEST_F(RoutesTest, TheFirstOfTheListIsTaken) {
  EXPECT_THAT(routes_.candidates(kHub), ElementsAre(kOrders, kNotes));
  EXPECT_THAT(routes_.chosen(kHq), ElementsAre(kOrders));
  EXPECT_THAT(routes_.chosen(kHub), ElementsAre(kNotes));
}

TEST_F(RoutesTest, TheNextIsTakenWhenItFailsAndTheFirstAgainWhenItGives) {
  int told = 0;
  routes_.on_change([&](const std::string&) { ++told; });
  const auto version = routes_.version();
  routes_.fails(kHq, kOrders, "down");
  EXPECT_THAT(routes_.chosen(kHq), IsEmpty());
  EXPECT_THAT(routes_.chosen(kHub), ElementsAre(kOrders, kNotes));
  EXPECT_NE(routes_.version(), version);
  EXPECT_EQ(routes_.standing("orders")->peer, "hub");
  routes_.gives(kHq, kOrders);
  EXPECT_THAT(routes_.chosen(kHq), ElementsAre(kOrders));
  EXPECT_EQ(routes_.standing("orders")->peer, "hq");
  EXPECT_EQ(told, 2);
}

TEST_F(RoutesTest, WhatNobodyGivesIsFailing) {
  EXPECT_EQ(routes_.standing("notes")->state, Standing::State::connecting);
  routes_.follows(kHub, kNotes);
  EXPECT_EQ(routes_.standing("notes")->state, Standing::State::following);
  routes_.fails(kHub, kNotes, "down");
  EXPECT_EQ(routes_.standing("notes")->state, Standing::State::failing);
  EXPECT_EQ(routes_.standing("notes")->error, "down");
  EXPECT_THAT(routes_.chosen(kHub), IsEmpty());
  routes_.gives(kHub, kNotes);
  EXPECT_THAT(routes_.chosen(kHub), ElementsAre(kNotes));
  routes_.follows(kHub, kNotes);
  EXPECT_EQ(routes_.standing("notes")->error, "");
}

TEST_F(RoutesTest, WhatThePeerLacksIsSaidWhileItIsFollowed) {
  EXPECT_TRUE(routes_.lacks(kHub, kNotes, "not all"));
  EXPECT_FALSE(routes_.lacks(kHub, kNotes, "not all"));
  EXPECT_EQ(routes_.standing("notes")->error, "");
  routes_.follows(kHub, kNotes);
  EXPECT_EQ(routes_.standing("notes")->state, Standing::State::following);
  EXPECT_EQ(routes_.standing("notes")->error, "not all");
  EXPECT_THAT(routes_.chosen(kHub), ElementsAre(kNotes));
  EXPECT_TRUE(routes_.lacks(kHub, kNotes, ""));
  EXPECT_EQ(routes_.standing("notes")->error, "");
}

TEST_F(RoutesTest, ALesserPeerThatGivesChangesNothing) {
  routes_.fails(kHub, kOrders, "down");
  const auto version = routes_.version();
  routes_.gives(kHub, kOrders);
  EXPECT_EQ(routes_.version(), version);
  EXPECT_THAT(routes_.chosen(kHq), ElementsAre(kOrders));
}

OfferedFeed offered(std::uint64_t north, std::uint64_t south) {
  OfferedFeed out;
  out.epoch.bits = {1, 1};
  out.from = "company";
  out.state = "running";
  const auto part = [&](std::string name, std::uint64_t seq) { out.partitions.push_back({std::move(name), 1, Cursor{out.epoch, Seq{seq}, {}, {}}}); };
  part("north", north);
  part("south", south);
  return out;
}

/// Without patience: who is behind when it is asked lags.
class LaggingTest : public testing::Test {
 protected:
  const Options options_{.peers = {{"hq", "http://hq", {}}, {"hub", "http://hub", {}}}, .feeds = {{"orders", {kHq, kHub}, {"north"}}}, .aside = {}, .lag = std::chrono::milliseconds(0)};
  Routes routes_{options_};
};

TEST_F(LaggingTest, WhoIsBehindIsAskedAndThenLeft) {
  std::vector<std::string> moved;
  int told = 0;
  routes_.on_change([&](const std::string& sentence) {
    ++told;
    if (!sentence.empty()) moved.push_back(sentence);
  });
  routes_.tells(kHq, kOrders, offered(100, 100));
  EXPECT_EQ(told, 0);
  routes_.tells(kHub, kOrders, offered(137, 100));
  EXPECT_TRUE(routes_.doubts(kHq));
  EXPECT_EQ(told, 1);
  EXPECT_THAT(routes_.chosen(kHq), ElementsAre(kOrders));
  routes_.tells(kHq, kOrders, offered(100, 100));
  EXPECT_THAT(moved, ElementsAre("feed orders is followed from hub now: hq is 37 changes behind"));
  EXPECT_THAT(routes_.chosen(kHub), ElementsAre(kOrders));
  EXPECT_EQ(routes_.standing("orders")->peer, "hub");
  const auto there = routes_.there(kHq);
  ASSERT_EQ(there.size(), 1U);
  EXPECT_EQ(there[0].state, FeedThere::State::lagging);
  EXPECT_EQ(there[0].behind.items, 37U);
  EXPECT_EQ(there[0].from, "company");
  EXPECT_EQ(routes_.there(kHub)[0].state, FeedThere::State::followed);
}

TEST_F(LaggingTest, WhatCameShowsHowFarThePeerIs) {
  routes_.tells(kHq, kOrders, offered(100, 100));
  routes_.tells(kHub, kOrders, offered(137, 100));
  routes_.gave(kHq, kOrders, {Epoch{{1, 1}}, Seq{137}, {}}, false);
  EXPECT_FALSE(routes_.doubts(kHq));
}

TEST_F(LaggingTest, PartitionsThatAreNotHeldHereAreNotCompared) {
  routes_.tells(kHq, kOrders, offered(100, 100));
  routes_.tells(kHub, kOrders, offered(100, 137));
  EXPECT_FALSE(routes_.doubts(kHq));
  EXPECT_EQ(routes_.there(kHub)[0].state, FeedThere::State::ready);
}

TEST_F(RoutesTest, AWaitEndsWithAChangeOrAStop) {
  const auto version = routes_.version();
  routes_.fails(kHq, kOrders, "down");
  routes_.wait(version, std::chrono::hours(1));
  routes_.stop();
  routes_.wait(routes_.version(), std::chrono::hours(1));
  EXPECT_TRUE(routes_.stopped());
  EXPECT_FALSE(routes_.standing("nothing"));
}

}  // namespace
}  // namespace meshgate::federation
