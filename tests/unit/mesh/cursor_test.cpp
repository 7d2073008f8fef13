// The rules for one reader, step by step; the random interleavings are tested with the store.
#include "mesh/cursor.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

const Epoch kHere{{1, 1}};
const Epoch kElsewhere{{2, 2}};

Cursor at(std::uint64_t seq, std::uint64_t low = 0, std::uint64_t high = 0) { return {kHere, Seq{seq}, Seq{low}, Seq{high}}; }

Standing origin(std::uint64_t head, std::uint64_t floor = 0) {
  Standing out;
  out.epoch = kHere;
  out.head = Seq{head};
  out.floor = Seq{floor};
  return out;
}

Standing replica(std::uint64_t head, std::uint64_t owed = 0) {
  Standing out = origin(head);
  out.replica = true;
  out.unfinished = owed != 0;
  out.owed = Seq{owed};
  return out;
}

TEST(Cursor, TheStartIsServedEverywhere) {
  EXPECT_EQ(judge({}, origin(0)), Answer::read);
  EXPECT_EQ(judge({}, origin(100, 100)), Answer::read);
  EXPECT_EQ(judge({}, replica(0)), Answer::read);
  EXPECT_TRUE(Cursor{}.start());
  EXPECT_FALSE(at(0).start());
}

TEST(Cursor, AnotherEpochIsGone) {
  const Cursor cursor{kElsewhere, Seq{1}, {}, {}};
  EXPECT_EQ(judge(cursor, origin(5)), Answer::other_epoch);
  EXPECT_EQ(judge(cursor, replica(5)), Answer::other_epoch);
}

TEST(Cursor, AheadOfTheHeadIsAFaultOfTheOriginOnly) {
  EXPECT_EQ(judge(at(6), origin(5)), Answer::beyond_head);
  EXPECT_EQ(judge(at(6), replica(5)), Answer::ahead);
  EXPECT_EQ(judge(at(5), origin(5)), Answer::read);
}

TEST(Cursor, BelowTheFloorDeletesMayBeMissed) {
  EXPECT_EQ(judge(at(5), origin(9, 5)), Answer::read);
  EXPECT_EQ(judge(at(5), origin(9, 6)), Answer::below_floor);
}

TEST(Cursor, AFirstPassIsBoundByTheLowestHeadItMet) {
  EXPECT_EQ(judge(at(5, 8, 8), origin(9, 8)), Answer::read);
  EXPECT_EQ(judge(at(5, 8, 8), origin(9, 9)), Answer::below_floor);
}

TEST(Cursor, AnEmptyHandMissesNoDeletes) { EXPECT_EQ(judge(at(0), origin(9, 9)), Answer::read); }

TEST(Cursor, OnePageToTheHeadIsCaughtUp) {
  const auto progress = advance({}, Seq{5}, origin(5));
  EXPECT_TRUE(progress.complete);
  EXPECT_TRUE(progress.caught_up);
  EXPECT_EQ(progress.cursor, at(5));
}

TEST(Cursor, AnEmptyPartitionIsCaughtUpAtOnce) {
  const auto progress = advance({}, Seq{0}, origin(0));
  EXPECT_TRUE(progress.caught_up);
  EXPECT_EQ(progress.cursor, at(0));
  EXPECT_EQ(Cursor::parse(progress.cursor.text()), progress.cursor);
}

TEST(Cursor, AFirstPassOverSeveralPagesKeepsLowAndHigh) {
  auto progress = advance({}, Seq{3}, origin(9));
  EXPECT_FALSE(progress.complete);
  EXPECT_EQ(progress.cursor, at(3, 9, 9));
  progress = advance(progress.cursor, Seq{7}, origin(12));
  EXPECT_EQ(progress.cursor, at(7, 9, 12));
  progress = advance(progress.cursor, Seq{12}, origin(12));
  EXPECT_TRUE(progress.caught_up);
  EXPECT_EQ(progress.cursor, at(12));
}

TEST(Cursor, ALaterPassHasNoLow) {
  const auto progress = advance(at(5), Seq{7}, origin(9));
  EXPECT_FALSE(progress.complete);
  EXPECT_EQ(progress.cursor, at(7, 0, 9));
}

TEST(Cursor, WhileTheFeedIsLoadingNobodyIsCaughtUp) {
  Standing standing = origin(5);
  standing.loading = true;
  const auto progress = advance({}, Seq{5}, standing);
  EXPECT_TRUE(progress.complete);
  EXPECT_FALSE(progress.caught_up);
}

TEST(Cursor, AHopToALaggingReplicaDoesNotEndThePass) {
  // Met head 9 at the origin, then read to the end of a replica that is only at 7.
  const auto first = advance({}, Seq{3}, origin(9));
  const auto hop = advance(first.cursor, Seq{7}, replica(7));
  EXPECT_FALSE(hop.complete);
  EXPECT_EQ(hop.cursor, at(7, 7, 9));
  EXPECT_TRUE(advance(hop.cursor, Seq{9}, origin(9)).caught_up);
}

TEST(Cursor, WhatAReplicaOwesItsReadersOweToo) {
  const auto progress = advance({}, Seq{7}, replica(7, 12));
  EXPECT_FALSE(progress.complete);
  EXPECT_EQ(progress.cursor, at(7, 7, 12));
  EXPECT_FALSE(advance(progress.cursor, Seq{9}, origin(9)).complete);
  EXPECT_TRUE(advance(progress.cursor, Seq{12}, origin(12)).complete);
}

TEST(Cursor, AnUnfinishedReplicaNeverCompletesAPass) {
  Standing standing = replica(7, 7);
  EXPECT_FALSE(advance({}, Seq{7}, standing).complete);
}

TEST(Cursor, AheadOfAReplicaTheReaderKeepsItsCursor) {
  EXPECT_EQ(stay(at(9), replica(7)).cursor, at(9));
  EXPECT_EQ(stay(at(9, 3, 11), replica(7)).cursor, at(9, 3, 11));
  EXPECT_FALSE(stay(at(9), replica(7)).caught_up);
  EXPECT_FALSE(stay(at(9), replica(7)).complete);
}

TEST(Cursor, AheadOfAnUnfinishedReplicaItOwesWhatTheReplicaOwes) {
  EXPECT_EQ(stay(at(9), replica(7, 12)).cursor, at(9, 0, 12));
  EXPECT_EQ(stay(at(9), replica(7, 8)).cursor, at(9));
}

TEST(Cursor, EveryCursorGivenOutParses) {
  for (std::uint64_t head : {0U, 1U, 5U}) {
    for (std::uint64_t owed : {0U, 1U, 9U}) {
      for (std::uint64_t read = 0; read <= head; ++read) {
        const auto progress = advance({}, Seq{read}, owed != 0 ? replica(head, owed) : origin(head));
        EXPECT_EQ(Cursor::parse(progress.cursor.text()), progress.cursor) << progress.cursor.text();
      }
    }
  }
}

}  // namespace
}  // namespace meshgate
