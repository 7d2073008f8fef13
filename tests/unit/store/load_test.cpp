#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

/// `count` items with ids from `first` on, the Position `first`.
Batch rows(int first, int count, const Names& partitions = kWhole) {
  Batch out("rows");
  for (int id = first; id < first + count; ++id) {
    const std::string name = std::to_string(id);
    out.put(name, name, "{\"n\":" + name + "}", partitions);
  }
  out.set_position({std::to_string(first)});
  return out;
}

Outcome gather(Feed& feed, const Batch& batch, Seen* seen = nullptr) {
  auto out = feed.gather(batch, seen);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : Outcome{};
}

void finish(Feed& feed) {
  const auto done = feed.finish();
  EXPECT_TRUE(done) << done.error().message;
}

std::string position(const Feed& feed) {
  const auto out = feed.position("rows");
  return out && *out ? (*out)->bytes : "";
}

class LoadTest : public testing::Test {
 protected:
  void reopen() {
    feed_.reset();
    store_.reset();
    store_ = opened(folder_ / "data");
    feed_ = feed_of(*store_);
  }
  [[nodiscard]] std::size_t files() const {
    const auto where = folder_ / "data/loading";
    if (!std::filesystem::exists(where)) return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(where), {}));
  }

  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> feed_ = feed_of(*store_);
};

TEST_F(LoadTest, WhatIsKeptBackIsNotThereUntilItIsFinished) {
  EXPECT_EQ(gather(*feed_, rows(1, 1000)).added, 1000U);
  EXPECT_EQ(files(), 2U);
  EXPECT_EQ(feed_->state().count, 0U);
  EXPECT_EQ(position(*feed_), "");
  EXPECT_EQ(page(*feed_).entries, 0U);
  finish(*feed_);
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(feed_->state().count, 1000U);
  EXPECT_EQ(position(*feed_), "1");
  expect_whole(*feed_);
}

TEST_F(LoadTest, MakesTheSameFeedAsCommits) {
  const auto other = feed_of(*store_, "other");
  Seen seen;
  Seen other_seen;
  for (int first = 1; first < 6000; first += 1000) {
    gather(*feed_, rows(first, 1000), &seen);
    commit(*other, rows(first, 1000), &other_seen);
  }
  finish(*feed_);
  EXPECT_EQ(seen.count(), other_seen.count());
  for (const auto& feed : {feed_, other}) {
    EXPECT_EQ(feed->state().count, 6000U);
    expect_whole(*feed);
  }
  EXPECT_EQ(feed_->state().partitions[0].digest, other->state().partitions[0].digest);
  EXPECT_EQ(brief(page(*feed_, "", {}, 6000)), brief(page(*other, "", {}, 6000)));
}

TEST_F(LoadTest, AnotherWriteComesBehindWhatWasKeptBack) {
  gather(*feed_, rows(1, 1000));
  EXPECT_EQ(commit(*feed_, removed("7")).removed, 1U);
  EXPECT_EQ(feed_->state().count, 999U);
  gather(*feed_, rows(2000, 1000));
  ASSERT_TRUE(feed_->define({}, "rules", false));
  EXPECT_EQ(feed_->state().count, 1999U);
  expect_whole(*feed_);
}

TEST_F(LoadTest, ItemsThatAreThereAlreadyAreFound) {
  commit(*feed_, rows(1, 1000));
  gather(*feed_, rows(2000, 1000));
  EXPECT_EQ(gather(*feed_, rows(500, 2000)).unchanged, 501U + 500U);
  EXPECT_EQ(feed_->state().count, 2999U);
  expect_whole(*feed_);
}

TEST_F(LoadTest, PartitionsGoToFilesOfTheirOwn) {
  ASSERT_TRUE(feed_->define({}, "", true));
  for (int i = 0; i < 10; ++i) gather(*feed_, rows(1 + i * 1000, 1000, {i % 2 == 0 ? "north" : "south"}));
  EXPECT_EQ(files(), 3U);
  gather(*feed_, rows(20'000, 1000, {"north", "south"}));
  finish(*feed_);
  EXPECT_EQ(feed_->state().partitions.size(), 2U);
  EXPECT_EQ(feed_->state().partitions[0].count, 6000U);
  expect_whole(*feed_);
}

TEST_F(LoadTest, AFeedOfManyPartitionsIsCommittedInstead) {
  ASSERT_TRUE(feed_->define({}, "", true));
  for (int i = 0; i < 30; ++i) gather(*feed_, rows(1 + i * 1000, 1000, {"p" + std::to_string(i)}));
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(feed_->state().count, 30'000U);
  expect_whole(*feed_);
}

TEST_F(LoadTest, IsOverWhenTheFeedIsLoaded) {
  Batch loaded("rows");
  loaded.set_loading(false);
  gather(*feed_, rows(1, 1000));
  commit(*feed_, loaded);
  EXPECT_EQ(feed_->state().count, 1000U);
  gather(*feed_, rows(2000, 1000));
  EXPECT_EQ(feed_->state().count, 2000U);
  EXPECT_EQ(files(), 0U);
}

TEST_F(LoadTest, AStoreThatEndsLosesWhatWasKeptBackAndNothingElse) {
  commit(*feed_, rows(1, 1000));
  gather(*feed_, rows(2000, 1000));
  reopen();
  EXPECT_EQ(feed_->state().count, 1000U);
  EXPECT_EQ(position(*feed_), "1");
  EXPECT_EQ(gather(*feed_, rows(2000, 1000)).added, 1000U);
  finish(*feed_);
  expect_whole(*feed_);
}

TEST_F(LoadTest, FilesThatADeathLeftGoAtTheNextOpen) {
  gather(*feed_, rows(1, 1000));
  const auto left = folder_ / "data/loading/999.sst";
  std::filesystem::copy_file(std::filesystem::directory_iterator(folder_ / "data/loading")->path(), left);
  reopen();
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(LoadTest, AFeedThatIsDroppedTakesIt) {
  gather(*feed_, rows(1, 1000));
  ASSERT_TRUE(store_->drop("f"));
  EXPECT_EQ(files(), 0U);
  EXPECT_FALSE(feed_->gather(rows(2000, 1000), nullptr));
}

}  // namespace
}  // namespace meshgate::store
