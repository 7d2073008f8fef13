#include "gateway/store/forgetting.hpp"

#include "tests/unit/store/cursor_model.hpp"

namespace meshgate::store {
namespace {

/// A replica of a feed with two partitions; item 3 is in both.
class ForgettingTest : public ::testing::Test {
 protected:
  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> origin_ = feed_of(*store_, "origin");
  std::shared_ptr<Feed> replica_;

  void SetUp() override {
    ASSERT_TRUE(origin_->define({}, "rules", true));
    Batch batch("rows");
    batch.put("1", "1", "{}", Names{"north"});
    batch.put("2", "2", "{}", Names{"south"});
    batch.put("3", "3", "{}", Names{"north", "south"});
    batch.set_loading(false);
    commit(*origin_, batch);
    replica_ = *store_->copy("replica", {origin_->state().uid, {}, true});
    for (const char* name : {"north", "south"}) EXPECT_EQ(copy(name), "");
  }
  void TearDown() override { expect_whole(*replica_); }
  std::string copy(const std::string& partition, std::uint64_t entries = 1000) { return copy_page(*origin_, *replica_, partition, {.entries = entries, .bytes = 1U << 20U}); }
};

TEST_F(ForgettingTest, ExactlyOnePartitionGoes) {
  ASSERT_EQ(replica_->state().count, 3U);
  ASSERT_TRUE(forget(*replica_, "south"));
  EXPECT_FALSE(replica_->standing("south"));
  EXPECT_EQ(replica_->changes("south", {}, {}).error().code, Code::not_found);
  EXPECT_TRUE(replica_->followed("south").start());
  EXPECT_EQ(replica_->state().count, 2U);
  EXPECT_FALSE(*replica_->item("2"));
  EXPECT_EQ((*replica_->item("3"))->partitions, Names{"north"});
  EXPECT_EQ(page(*replica_, "north").mark.digest, page(*origin_, "north").mark.digest);
}

TEST_F(ForgettingTest, WhatIsGainedAgainIsReadFromTheBeginning) {
  ASSERT_TRUE(forget(*replica_, "south"));
  store_.reset();
  replica_.reset();
  origin_.reset();
  store_ = opened(folder_ / "data");
  origin_ = feed_of(*store_, "origin");
  replica_ = feed_of(*store_, "replica");
  EXPECT_FALSE(replica_->standing("south"));
  EXPECT_EQ(copy("south"), "");
  EXPECT_EQ(page(*replica_, "south").lines, page(*origin_, "south").lines);
  EXPECT_EQ(replica_->state().count, 3U);
}

TEST_F(ForgettingTest, AFirstCopyThatIsNotWholeGoesToo) {
  ASSERT_TRUE(forget(*replica_, "south"));
  ASSERT_EQ(copy("south", 1), "");
  ASSERT_FALSE(replica_->followed("south").start());
  ASSERT_TRUE(forget(*replica_, std::nullopt));
  EXPECT_TRUE(replica_->followed("south").start());
  EXPECT_TRUE(replica_->state().partitions.empty());
  EXPECT_EQ(replica_->state().count, 0U);
}

TEST_F(ForgettingTest, AnOriginForgetsNothing) {
  ASSERT_TRUE(forget(*origin_, std::nullopt));
  EXPECT_EQ(origin_->state().count, 3U);
}

}  // namespace
}  // namespace meshgate::store
