#include <gmock/gmock.h>

#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

class CommitTest : public ::testing::Test {
 protected:
  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> feed_ = feed_of(*store_);

  void TearDown() override { expect_whole(*feed_); }
  std::string all(const std::string& partition = "") { return brief(page(*feed_, partition)); }
};

TEST_F(CommitTest, NewChangedAndUnchangedItems) {
  EXPECT_EQ(commit(*feed_, put("1", R"({"a":1})")).added, 1U);
  EXPECT_EQ(commit(*feed_, put("2", R"({"a":2})")).added, 1U);
  EXPECT_EQ(commit(*feed_, put("1", R"({"a":9})")).changed, 1U);
  const auto same = commit(*feed_, put("2", R"({"a":2})"));
  EXPECT_EQ(same.unchanged, 1U);
  EXPECT_EQ(same.seq, Seq{3});
  EXPECT_EQ(all(), "+2:2:1 +3:1:2");
}

TEST_F(CommitTest, LinesAreServedAsWritten) {
  commit(*feed_, put("a\"b", R"({"a":1})"));
  const auto lines = page(*feed_).lines;
  EXPECT_THAT(lines, ::testing::StartsWith(R"({"put":{"seq":1,"id":"a\"b","rev":"1-)"));
  EXPECT_THAT(lines, ::testing::EndsWith("\"item\":{\"a\":1}}}\n"));
}

TEST_F(CommitTest, RemovingLeavesOneGoneEntryUntilTheItemComesBack) {
  commit(*feed_, put("1", "{}"));
  EXPECT_EQ(commit(*feed_, removed("1")).removed, 1U);
  EXPECT_EQ(all(), "-2:1");
  EXPECT_EQ(commit(*feed_, removed("1")).removed, 0U);
  EXPECT_EQ(commit(*feed_, put("1", "{}")).added, 1U);
  EXPECT_EQ(all(), "+3:1:1");
  EXPECT_EQ(feed_->state().count, 1U);
}

TEST_F(CommitTest, SweepIsARemoveThatWasInferred) {
  commit(*feed_, put("1", "{}"));
  Batch batch("rows");
  batch.sweep("1");
  EXPECT_EQ(commit(*feed_, batch).removed, 1U);
  EXPECT_EQ(all(), "-2:1");
}

TEST_F(CommitTest, PresentConfirmsAnItemAndNamesThoseThatAreNotThere) {
  commit(*feed_, put("1", "{}"));
  commit(*feed_, put("2", "{}"));
  Batch batch("rows");
  batch.present("2");
  batch.present("3");
  Seen seen;
  const auto outcome = commit(*feed_, batch, &seen);
  EXPECT_EQ(outcome.unknown, (std::vector<std::string>{"3"}));
  EXPECT_EQ(outcome.seq, Seq{2}) << "nothing moves";
  const auto unseen = feed_->unseen("rows", seen, "", 10);
  ASSERT_TRUE(unseen);
  ASSERT_EQ(unseen->size(), 1U);
  EXPECT_EQ(unseen->front().id, "1");
}

TEST_F(CommitTest, PresentKnowsItemsThatAreNotCalledLikeTheirKey) {
  commit(*feed_, put("k1", "one", "{}"));
  Batch batch("rows");
  batch.present("k1");
  batch.present("one");
  Seen seen;
  EXPECT_EQ(commit(*feed_, batch, &seen).unknown, (std::vector<std::string>{"one"}));
  EXPECT_EQ(seen.count(), 1U);
}

TEST_F(CommitTest, PresentAsksAgainForWhatIsInQuarantine) {
  commit(*feed_, put("1", "{}"));
  Batch bad("rows");
  bad.quarantine("1", "a reason", "raw");
  commit(*feed_, bad);
  Batch batch("rows");
  batch.present("1");
  Seen seen;
  EXPECT_EQ(commit(*feed_, batch, &seen).unknown, (std::vector<std::string>{"1"}));
  EXPECT_EQ(seen.count(), 1U) << "its item is kept all the same";
}

TEST_F(CommitTest, LateCountsOnlyWhereItChangesSomething) {
  commit(*feed_, put("1", "{}"));
  Batch batch = put("1", "{}");
  batch.mark_late();
  EXPECT_EQ(commit(*feed_, batch).late, 0U);
  batch = put("1", R"({"a":1})");
  batch.mark_late();
  EXPECT_EQ(commit(*feed_, batch).late, 1U);
  batch = put("2", "{}");
  batch.mark_late();
  EXPECT_EQ(commit(*feed_, batch).late, 1U);
}

TEST_F(CommitTest, MovingLeavesGoneBehindAndTouchesNoOtherPartition) {
  commit(*feed_, put("1", "1", "{}", {"north", "south"}));
  commit(*feed_, put("1", "1", "{}", {"east", "south"}));
  EXPECT_EQ(all("north"), "-2:1");
  EXPECT_EQ(all("south"), "+1:1:1");
  EXPECT_EQ(all("east"), "+2:1:1");
  commit(*feed_, put("1", "1", R"({"a":1})", {"north"}));
  EXPECT_EQ(all("north"), "+3:1:2");
  EXPECT_EQ(all("south"), "-3:1");
  EXPECT_EQ(all("east"), "-3:1");
}

TEST_F(CommitTest, TheLastChangeInABatchCounts) {
  Batch batch("rows");
  batch.put("1", "1", R"({"a":1})", kWhole);
  batch.put("2", "2", "{}", kWhole);
  batch.remove("2");
  batch.put("1", "1", R"({"a":2})", kWhole);
  const auto outcome = commit(*feed_, batch);
  EXPECT_EQ(outcome.added, 1U);
  EXPECT_EQ(all(), "+1:1:1");
}

TEST_F(CommitTest, PositionAndStateComeWithTheItems) {
  Batch batch = put("1", "{}");
  batch.set_position({"p1"});
  batch.set_as_of(Micros{77});
  batch.set_loading(false);
  batch.set_held("3 of 4 items");
  commit(*feed_, batch);
  feed_.reset();
  store_.reset();
  store_ = opened(folder_ / "data");
  feed_ = feed_of(*store_);
  EXPECT_EQ((*feed_->position("rows"))->bytes, "p1");
  EXPECT_FALSE((*feed_->position("other")).has_value());
  EXPECT_EQ(feed_->state().as_of, Micros{77});
  EXPECT_FALSE(feed_->state().loading);
  EXPECT_EQ(feed_->state().held, "3 of 4 items");
  EXPECT_TRUE(page(*feed_).mark.caught_up);
}

}  // namespace
}  // namespace meshgate::store
