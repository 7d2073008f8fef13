#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

using ::testing::HasSubstr;

const std::string kPad(500, 'x');

void put_rows(Batch& out, int first, int count, const Names& partitions = kWhole) {
  for (int id = first; id < first + count; ++id) {
    const std::string name = std::to_string(id);
    out.put(name, name, "{\"n\":" + name + ",\"pad\":\"" + kPad + "\"}", partitions);
  }
}
Batch rows(int first, int count, const Names& partitions = kWhole) {
  Batch out("rows");
  put_rows(out, first, count, partitions);
  return out;
}

class CopyingTest : public testing::Test {
 protected:
  void SetUp() override {
    Batch batch = rows(1, 2000);
    batch.set_loading(false);
    commit(*origin_, batch);
  }
  /// The next page of a pass, behind the last one that was given.
  [[nodiscard]] Status follow(const std::string& partition = "", std::uint64_t bytes = 100U << 10U) {
    Cursor& from = at_[partition];
    const auto page = origin_->changes(partition, from, {.entries = 1U << 20U, .bytes = bytes});
    if (!page) return page.error();
    auto taken = copy_->follow(partition, from, page->lines, page->mark);
    if (taken) from = page->mark.cursor;
    caught_up_ = page->mark.caught_up;
    return taken;
  }
  void follow_all(const std::string& partition = "") {
    do ASSERT_TRUE(follow(partition));
    while (!caught_up_);
  }
  [[nodiscard]] std::size_t files() const {
    const auto where = folder_ / "data/loading";
    if (!std::filesystem::exists(where)) return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(where), {}));
  }
  void reopen() {
    origin_.reset();
    copy_.reset();
    store_.reset();
    store_ = opened(folder_ / "data");
    origin_ = feed_of(*store_, "origin");
    copy_ = feed_of(*store_, "copy");
    at_.clear();
    for (const char* partition : {"", "north", "south"}) at_[partition] = copy_->followed(partition);
  }
  void expect_same(const std::string& partition = "") {
    const auto there = origin_->changes(partition, {}, {.entries = 1U << 20U, .bytes = 1U << 30U});
    const auto here = copy_->changes(partition, {}, {.entries = 1U << 20U, .bytes = 1U << 30U});
    ASSERT_TRUE(there);
    ASSERT_TRUE(here) << here.error().message;
    EXPECT_EQ(here->lines, there->lines);
    EXPECT_TRUE(here->mark.caught_up);
    EXPECT_EQ(here->mark.digest, there->mark.digest);
    EXPECT_EQ(copy_->state().count, origin_->state().count);
    expect_whole(*copy_);
  }

  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> origin_ = feed_of(*store_, "origin");
  std::shared_ptr<Feed> copy_ = feed_of(*store_, "copy");
  std::map<std::string, Cursor> at_;
  bool caught_up_ = false;
};

TEST_F(CopyingTest, PagesOfAFirstCopyAreKeptBackAndBecomeDurableTogether) {
  ASSERT_TRUE(follow());
  const Cursor first = at_[""];
  EXPECT_EQ(copy_->followed(""), first) << "the first page of a copy is written as any other";
  ASSERT_TRUE(follow());
  ASSERT_TRUE(follow());
  EXPECT_EQ(files(), 1U) << "the index is written in its own order, when the load ends";
  EXPECT_EQ(copy_->followed(""), first);
  ASSERT_TRUE(copy_->finish());
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(copy_->followed(""), at_[""]);
  EXPECT_FALSE(copy_->standing("").has_value()) << "what is not whole is not served";
  expect_whole(*copy_);
  follow_all();
  expect_same();
}

TEST_F(CopyingTest, TheLastPageTakesInWhatWasKeptBack) {
  follow_all();
  EXPECT_EQ(files(), 0U);
  expect_same();
}

TEST_F(CopyingTest, AnItemThatMovesWithinThePassIsThereOnce) {
  ASSERT_TRUE(follow());
  ASSERT_TRUE(follow());
  ASSERT_TRUE(follow());
  for (const char* id : {"1", "150", "300"}) commit(*origin_, put(id, "{}"));
  commit(*origin_, removed("200"));
  commit(*origin_, removed("1900"));
  follow_all();
  expect_same();
}

TEST_F(CopyingTest, ARestartGoesOnFromWhatWasTakenIn) {
  ASSERT_TRUE(follow());
  ASSERT_TRUE(follow());
  ASSERT_TRUE(copy_->finish());
  const Cursor durable = at_[""];
  ASSERT_TRUE(follow());
  reopen();
  EXPECT_EQ(copy_->followed(""), durable);
  EXPECT_EQ(files(), 0U);
  follow_all();
  expect_same();
}

TEST_F(CopyingTest, AnotherWriteComesBehindWhatWasKeptBack) {
  ASSERT_TRUE(follow());
  ASSERT_TRUE(follow());
  ASSERT_TRUE(copy_->adopt({copy_->state().uid, {3, {{"n", Type::int64, false, 1, {}}}}, false}));
  EXPECT_EQ(copy_->followed(""), at_[""]);
  expect_whole(*copy_);
}

TEST_F(CopyingTest, ATrimIsTakenBehindTheLoad) {
  ASSERT_TRUE(follow());
  ASSERT_TRUE(follow());
  ASSERT_TRUE(origin_->trim("", Seq{250}));
  follow_all();
  expect_same();
}

TEST_F(CopyingTest, APageThatDoesNotFollowIsRefusedAndTakesNothingWithIt) {
  ASSERT_TRUE(follow());
  const Cursor before = at_[""];
  ASSERT_TRUE(follow());
  const Cursor kept = at_[""];
  at_[""].seq = next(at_[""].seq);
  const auto refused = follow();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("read from there"));
  EXPECT_NE(copy_->followed(""), before);
  EXPECT_EQ(copy_->followed(""), kept) << "what was kept back was good";
}

TEST_F(CopyingTest, AForgedLineIsRefusedInALoadToo) {
  ASSERT_TRUE(follow());
  ASSERT_TRUE(follow());
  auto page = origin_->changes("", at_[""], {.entries = 1U << 20U, .bytes = 100U << 10U});
  ASSERT_TRUE(page);
  page->lines.replace(page->lines.find("xxx"), 3, "yyy");
  EXPECT_EQ(copy_->follow("", at_[""], page->lines, page->mark).error().code, Code::corrupt);
}

TEST_F(CopyingTest, ACopyThatBeginsAgainGrowsBesideTheServedOne) {
  follow_all();
  commit(*origin_, removed("7"));
  commit(*origin_, put("3000", "{}"));
  ASSERT_TRUE(origin_->purge("", Seq{2002}));
  at_.clear();
  ASSERT_TRUE(follow());
  ASSERT_TRUE(follow());
  ASSERT_TRUE(copy_->finish());
  const auto old = copy_->changes("", {}, {.entries = 1U << 20U, .bytes = 1U << 30U});
  ASSERT_TRUE(old);
  EXPECT_EQ(old->entries, 2000U) << "the old copy is served meanwhile";
  expect_whole(*copy_);
  follow_all();
  expect_same();
}

/// Of each load a few ids lie among those of the one before.
TEST_F(CopyingTest, PartitionsThatAreReadSideBySide) {
  origin_ = feed_of(*store_, "divided");
  ASSERT_TRUE(origin_->define({}, "", true));
  Batch batch("rows");
  for (int id = 1; id < 6000; ++id) put_rows(batch, id, 1, {id % 2 == 0 ? "north" : "south"});
  batch.set_loading(false);
  commit(*origin_, batch);
  ASSERT_TRUE(copy_->adopt({origin_->state().uid, {}, true}));
  for (int load = 0; load < 3; ++load) {
    for (int page = 0; page < 4; ++page) {
      ASSERT_TRUE(follow("south", (100U << 10U) + 1000U * page));
      ASSERT_TRUE(follow("north"));
    }
    for (const int id : {1, 800 * load + 700}) commit(*origin_, rows(id, 1, {"north"}));
    ASSERT_TRUE(copy_->finish());
    expect_whole(*copy_);
  }
  reopen();
  origin_ = feed_of(*store_, "divided");
  for (int round = 0; round < 2; ++round) {
    for (const char* partition : {"north", "south"}) follow_all(partition);
  }
  for (const char* partition : {"north", "south"}) expect_same(partition);
}

/// Random changes between pages of random sizes of two partitions that share items, with restarts.
TEST_F(CopyingTest, WhateverHappensMeanwhileTheCopyIsTheOrigin) {
  const std::uint64_t seed = std::getenv("MESHGATE_TEST_SEED") != nullptr ? std::stoull(std::getenv("MESHGATE_TEST_SEED")) : std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const std::vector<Names> places{{"north"}, {"south"}, {"north", "south"}};
  origin_ = feed_of(*store_, "divided");
  ASSERT_TRUE(origin_->define({}, "", true));
  for (int first = 1; first < 3000; first += 100) commit(*origin_, rows(first, 100, places[random() % 3]));
  Batch loaded("rows");
  loaded.set_loading(false);
  commit(*origin_, loaded);
  ASSERT_TRUE(copy_->adopt({origin_->state().uid, {}, true}));
  std::set<std::string> open{"north", "south"};
  while (!open.empty()) {
    const std::string partition = *std::next(open.begin(), static_cast<std::ptrdiff_t>(random() % open.size()));
    const auto taken = follow(partition, (random() % 200) << 10U);
    ASSERT_TRUE(taken) << taken.error().message;
    if (caught_up_) open.erase(partition);
    for (auto changes = random() % 3; changes > 0; --changes) {
      const int id = static_cast<int>(random() % 3100) + 1;
      commit(*origin_, random() % 4 == 0 ? removed(std::to_string(id)) : rows(id, 1, places[random() % 3]));
    }
    if (random() % 15 != 0) continue;
    reopen();
    origin_ = feed_of(*store_, "divided");
    expect_whole(*copy_);
  }
  for (int round = 0; round < 2; ++round) {
    for (const char* partition : {"north", "south"}) follow_all(partition);
  }
  for (const char* partition : {"north", "south"}) expect_same(partition);
}

}  // namespace
}  // namespace meshgate::store
