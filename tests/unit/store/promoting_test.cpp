#include "gateway/store/origin.hpp"

#include <gmock/gmock.h>

#include "tests/unit/store/cursor_model.hpp"

namespace meshgate::store {
namespace {

using ::testing::HasSubstr;

class PromotingTest : public ::testing::Test {
 protected:
  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> origin_ = feed_of(*store_, "origin");
  std::shared_ptr<Feed> replica_ = *store_->copy("replica", {origin_->state().uid, {}, false});

  void SetUp() override {
    Batch batch("rows");
    for (const char* id : {"1", "2", "3", "4"}) batch.put(id, id, "{}", kWhole);
    batch.set_loading(false);
    commit(*origin_, batch);
    EXPECT_EQ(copy_page(*origin_, *replica_, "", {}), "");
  }
  void TearDown() override {
    if (replica_) expect_whole(*replica_);
    if (origin_) expect_whole(*origin_);
  }
};

TEST_F(PromotingTest, ACopyBecomesTheOriginWithWhatItHolds) {
  const auto lines = page(*replica_).lines;
  const Cursor old = page(*replica_).mark.cursor;
  ASSERT_TRUE(promote(*replica_));
  EXPECT_EQ(page(*replica_).lines, lines);
  EXPECT_TRUE(page(*replica_).mark.caught_up);
  EXPECT_EQ(replica_->changes("", old, {})->answer, Answer::other_epoch);
  EXPECT_EQ(replica_->state().uid, origin_->state().uid);
  EXPECT_NE(replica_->state().epoch, origin_->state().epoch);
  const auto own = origination(*replica_);
  EXPECT_TRUE(own.here);
  EXPECT_EQ(own.claim, (Claim{1, replica_->state().epoch}));
  commit(*replica_, put("5", "{}"));
  EXPECT_EQ(replica_->state().count, 5U);
}

TEST_F(PromotingTest, WhatIsAnOriginOrHoldsNothingIsNotPromoted) {
  EXPECT_THAT(promote(*origin_).error().message, HasSubstr("has its origin here already"));
  const auto empty = *store_->copy("empty", {origin_->state().uid, {}, false});
  EXPECT_THAT(promote(*empty).error().message, HasSubstr("is not held whole here yet"));
}

TEST_F(PromotingTest, AnOriginStepsDownBeforeAGreaterClaim) {
  ASSERT_TRUE(promote(*replica_));
  const Claim claim = origination(*replica_).claim;
  ASSERT_TRUE(meet(*origin_, claim));
  EXPECT_EQ(origination(*origin_).superseded, claim);
  EXPECT_THAT(origin_->commit(put("5", "{}"), nullptr).error().message, HasSubstr("nothing is published from here any more"));
  EXPECT_FALSE(page(*origin_).mark.caught_up);
  EXPECT_EQ(page(*origin_).entries, 4U);
  EXPECT_TRUE(meet(*origin_, claim)) << "again";
  EXPECT_EQ(meet(*origin_, Claim{}).error().code, Code::conflict);
}

TEST_F(PromotingTest, OfTwoPromotionsTheGreaterEpochCountsEverywhere) {
  const auto other = *store_->copy("other", {origin_->state().uid, {}, false});
  ASSERT_EQ(copy_page(*origin_, *other, "", {}), "");
  ASSERT_TRUE(promote(*replica_));
  ASSERT_TRUE(promote(*other));
  const bool first = origination(*replica_).claim > origination(*other).claim;
  Feed& winner = first ? *replica_ : *other;
  Feed& loser = first ? *other : *replica_;
  EXPECT_EQ(meet(winner, origination(loser).claim).error().code, Code::conflict);
  ASSERT_TRUE(meet(loser, origination(winner).claim));
  EXPECT_TRUE(origination(loser).superseded.has_value());
  EXPECT_FALSE(origination(winner).superseded.has_value());
}

TEST_F(PromotingTest, WhatHasSteppedDownBecomesACopyThatFollows) {
  ASSERT_TRUE(promote(*replica_));
  commit(*origin_, put("alone", "{}"));
  ASSERT_TRUE(meet(*origin_, origination(*replica_).claim));
  ASSERT_TRUE(become_copy(*origin_));
  EXPECT_FALSE(origination(*origin_).here);
  EXPECT_FALSE(origination(*origin_).superseded.has_value());
  ASSERT_TRUE(origin_->adopt({replica_->state().uid, {}, false}));
  commit(*replica_, put("5", "{}"));
  ASSERT_EQ(copy_page(*replica_, *origin_, "", {}), "");
  EXPECT_EQ(page(*origin_).lines, page(*replica_).lines);
  EXPECT_TRUE(page(*origin_).mark.caught_up);
}

TEST_F(PromotingTest, ACopyKeepsTheGreatestClaimItHasMet) {
  const Claim claim{3, {{1, 2}}};
  ASSERT_TRUE(meet(*replica_, claim));
  EXPECT_EQ(meet(*replica_, {2, {{9, 9}}}).error().code, Code::conflict);
  ASSERT_TRUE(promote(*replica_));
  EXPECT_EQ(origination(*replica_).claim.term, 4U);
}

TEST_F(PromotingTest, ASourceThatIsGivenToItTakesItsItems) {
  ASSERT_TRUE(promote(*replica_));
  Batch batch("rows");
  batch.put("1", "1", "{}", kWhole);
  batch.put("2", "2", R"({"a":1})", kWhole);
  Seen seen;
  const auto outcome = commit(*replica_, batch, &seen);
  EXPECT_EQ(outcome.unchanged, 1U);
  EXPECT_EQ(outcome.changed, 1U);
  EXPECT_EQ(outcome.quarantined, 0U);
  const auto unseen = *replica_->unseen("rows", seen, "", 10);
  ASSERT_EQ(unseen.size(), 2U);
  EXPECT_EQ(unseen[0].id, "3");
  EXPECT_EQ(commit(*replica_, removed("3")).removed, 1U);
}

TEST_F(PromotingTest, AllOfItOutlivesARestart) {
  ASSERT_TRUE(promote(*replica_));
  const Claim claim = origination(*replica_).claim;
  ASSERT_TRUE(meet(*origin_, claim));
  replica_.reset();
  origin_.reset();
  store_.reset();
  store_ = opened(folder_ / "data");
  replica_ = feed_of(*store_, "replica");
  origin_ = feed_of(*store_, "origin");
  EXPECT_EQ(origination(*replica_).claim, claim);
  EXPECT_TRUE(origination(*replica_).here);
  EXPECT_EQ(origination(*origin_).superseded, claim);
}

}  // namespace
}  // namespace meshgate::store
