#include <gmock/gmock.h>

#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// Which key an id belongs to, and what becomes of records that cannot have the id they want.
class OwnershipTest : public ::testing::Test {
 protected:
  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> feed_ = feed_of(*store_);

  void TearDown() override { expect_whole(*feed_); }
  std::string all() { return brief(page(*feed_)); }
  std::string content(const std::string& id) {
    const auto item = feed_->item(id);
    return item && *item ? (*item)->content : "none";
  }
};

TEST_F(OwnershipTest, ASecondKeyOfTheSameIdIsQuarantined) {
  commit(*feed_, put("k1", "x", "{}"));
  EXPECT_EQ(commit(*feed_, put("k2", "x", R"({"a":1})")).quarantined, 1U);
  EXPECT_EQ(content("x"), "{}");
  const auto list = feed_->quarantined("", 10);
  ASSERT_EQ(list->size(), 1U);
  EXPECT_THAT(list->front().reason, AllOf(HasSubstr("'k1'"), HasSubstr("'k2'"), HasSubstr("'x'")));
  EXPECT_EQ(list->front().raw, R"({"a":1})");
}

TEST_F(OwnershipTest, AnotherStreamIsAnotherOwner) {
  commit(*feed_, put("1", "{}"));
  Batch other("archive");
  other.put("1", "1", "{}", kWhole);
  EXPECT_EQ(commit(*feed_, other).quarantined, 1U);
  EXPECT_EQ(feed_->quarantined("", 10)->front().stream, "archive");
}

TEST_F(OwnershipTest, AnIdIsFreeOnceItsOwnerIsRemovedWhateverTheOrder) {
  commit(*feed_, put("k1", "x", "{}"));
  Batch batch("rows");
  batch.put("k2", "x", R"({"a":1})", kWhole);
  batch.remove("k1");
  EXPECT_EQ(commit(*feed_, batch).quarantined, 0U);
  EXPECT_EQ(all(), "+2:x:2");
  EXPECT_EQ(commit(*feed_, removed("k1")).removed, 0U);
  EXPECT_EQ(commit(*feed_, removed("k2")).removed, 1U);
}

TEST_F(OwnershipTest, KeysMayTradeIds) {
  Batch first("rows");
  first.put("k1", "x", R"({"k":1})", kWhole);
  first.put("k2", "y", R"({"k":2})", kWhole);
  commit(*feed_, first);
  Batch trade("rows");
  trade.put("k1", "y", R"({"k":1})", kWhole);
  trade.put("k2", "x", R"({"k":2})", kWhole);
  EXPECT_EQ(commit(*feed_, trade).quarantined, 0U);
  EXPECT_EQ(content("y"), R"({"k":1})");
  EXPECT_EQ(content("x"), R"({"k":2})");
  commit(*feed_, removed("k1"));
  EXPECT_EQ(content("y"), "none");
  EXPECT_EQ(content("x"), R"({"k":2})");
}

TEST_F(OwnershipTest, ARefusedTradeLeavesEverythingWhereItWas) {
  Batch first("rows");
  first.put("k1", "x", R"({"k":1})", kWhole);
  first.put("k2", "y", R"({"k":2})", kWhole);
  first.put("k3", "z", R"({"k":3})", kWhole);
  commit(*feed_, first);
  Batch trade("rows");
  trade.put("k1", "y", R"({"k":1})", kWhole);
  trade.put("k2", "z", R"({"k":2})", kWhole);
  EXPECT_EQ(commit(*feed_, trade).quarantined, 2U);
  EXPECT_EQ(content("x"), R"({"k":1})");
  EXPECT_EQ(content("y"), R"({"k":2})");
}

TEST_F(OwnershipTest, ARecordWhoseIdChangedLeavesTheOldId) {
  commit(*feed_, put("k1", "x", "{}"));
  commit(*feed_, put("k1", "y", "{}"));
  EXPECT_EQ(all(), "+2:y:1 -3:x");
  commit(*feed_, put("k1", "k1", "{}"));
  EXPECT_EQ(all(), "-3:x +4:k1:1 -5:y");
  commit(*feed_, put("k1", "z", "{}"));
  EXPECT_EQ(feed_->state().count, 1U);
  commit(*feed_, removed("k1"));
  EXPECT_EQ(feed_->state().count, 0U);
}

TEST_F(OwnershipTest, SeenIsWhatWasPutUnchangedOrNew) {
  Batch batch("rows");
  for (const char* id : {"1", "2", "10", "b", "a"}) batch.put(id, id, "{}", kWhole);
  commit(*feed_, batch);
  Seen seen;
  commit(*feed_, put("2", "{}"), &seen);
  commit(*feed_, put("3", "{}"), &seen);
  EXPECT_EQ(seen.count(), 2U);
  std::string rest;
  const auto unseen = feed_->unseen("rows", seen, "1", 10);
  for (const Unseen& one : *unseen) rest += one.key + " ";
  EXPECT_EQ(rest, "10 a b ");
  EXPECT_TRUE(feed_->unseen("nothing", seen, "", 10)->empty());
}

}  // namespace
}  // namespace meshgate::store
