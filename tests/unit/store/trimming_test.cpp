// What a feed of events keeps, and that what it let go does not come back.
#include "tests/unit/store/folder.hpp"

namespace meshgate::store {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

Micros ago(std::int64_t micros) { return Micros{now().count - micros}; }

class TrimmingTest : public ::testing::Test {
 protected:
  TrimmingTest() { open(); }

  void open() {
    feed_.reset();
    store_.reset();
    store_ = opened(folder_ / "data");
    feed_ = feed_of(*store_);
  }
  /// A batch that ends the first scan, so that things may expire.
  static Batch events() {
    Batch out("rows");
    out.set_loading(false);
    return out;
  }
  static void add(Batch& batch, const std::string& id, Micros time, const Names& partitions = kWhole) {
    batch.put(id, id, "{}", partitions);
    batch.set_time(time);
  }
  /// So many, each a second younger than the one before, the last of now.
  void put_seconds(int many) {
    Batch batch = events();
    for (int i = 1; i <= many; ++i) add(batch, std::to_string(i), ago((many - i) * kSecond));
    commit(*feed_, batch);
  }
  std::uint64_t expire(const Keep& keep) {
    std::uint64_t items = 0;
    for (;;) {
      const auto some = feed_->expire(keep);
      EXPECT_TRUE(some) << some.error().message;
      if (!some || *some == 0) break;
      items += *some;
    }
    expect_whole(*feed_);
    return items;
  }
  std::string shown(const std::string& partition = "") { return brief(page(*feed_, partition)); }

  Folder folder_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<Feed> feed_;
};

TEST_F(TrimmingTest, TheOldestBeyondTheCountGoByOneTrimLine) {
  put_seconds(5);
  EXPECT_EQ(expire({.count = 2}), 3U);
  EXPECT_EQ(shown(), "+4:4:1 +5:5:1 trim6:3");
  EXPECT_EQ(expire({.count = 2}), 0U);
  EXPECT_EQ(shown(), "+4:4:1 +5:5:1 trim6:3");
  EXPECT_EQ(page(*feed_).mark.count, 2U);
  EXPECT_EQ(feed_->state().count, 2U);
}

TEST_F(TrimmingTest, WhatIsOlderThanTheAgeGoesWhenAllBeforeItGo) {
  Batch batch = events();
  add(batch, "a", ago(3 * kDay));
  add(batch, "b", ago(kSecond));
  add(batch, "c", ago(3 * kDay));
  commit(*feed_, batch);
  EXPECT_EQ(expire({.age = Micros{kDay}}), 1U);
  EXPECT_EQ(shown(), "+2:b:1 +3:c:1 trim4:1");
  EXPECT_EQ(expire({.age = Micros{1}}), 2U);
  EXPECT_EQ(shown(), "trim5:3");
}

TEST_F(TrimmingTest, EitherLimitIsEnough) {
  Batch batch = events();
  for (int i = 1; i <= 6; ++i) add(batch, std::to_string(i), ago(i <= 4 ? kDay : 0));
  commit(*feed_, batch);
  EXPECT_EQ(expire({.age = Micros{kDay / 2}, .count = 5}), 4U);
  EXPECT_EQ(expire({.age = Micros{kDay / 2}, .count = 1}), 1U);
  EXPECT_EQ(shown(), "+6:6:1 trim8:5");
}

TEST_F(TrimmingTest, EachPartitionHasItsOwnCount) {
  Batch batch = events();
  for (int i = 1; i <= 3; ++i) add(batch, std::to_string(i), ago(kSecond), {"north"});
  add(batch, "s", ago(kDay), {"south"});
  add(batch, "both", now(), {"north", "south"});
  commit(*feed_, batch);
  EXPECT_EQ(expire({.count = 2}), 2U);
  EXPECT_EQ(shown("north"), "+3:3:1 +5:both:1 trim6:2");
  EXPECT_EQ(shown("south"), "+4:s:1 +5:both:1");
  EXPECT_EQ(expire({.count = 1}), 2U);
  EXPECT_EQ(shown("north"), "+5:both:1 trim7:3");
  EXPECT_EQ(shown("south"), "+5:both:1 trim8:4");
}

TEST_F(TrimmingTest, NothingGoesWhileTheFeedIsLoading) {
  commit(*feed_, put("1", "{}"));
  commit(*feed_, put("2", "{}"));
  EXPECT_EQ(expire({.count = 1}), 0U);
  commit(*feed_, events());
  EXPECT_EQ(expire({.count = 1}), 1U);
}

TEST_F(TrimmingTest, AGoneEntryGoesWithWhatIsBehindIt) {
  put_seconds(3);
  commit(*feed_, removed("2"));
  EXPECT_EQ(shown(), "+1:1:1 +3:3:1 -4:2");
  EXPECT_EQ(expire({.count = 1}), 1U);
  EXPECT_EQ(shown(), "+3:3:1 -4:2 trim5:1");
  commit(*feed_, put("5", "{}"));
  commit(*feed_, put("6", "{}"));
  EXPECT_EQ(expire({.count = 1}), 2U);
  EXPECT_EQ(shown(), "+7:6:1 trim8:6");
}

TEST_F(TrimmingTest, ManyGoInSteps) {
  constexpr int kMany = 25'000;
  Batch batch = events();
  for (int i = 1; i <= kMany; ++i) add(batch, std::to_string(i), ago(kSecond));
  commit(*feed_, batch);
  int told = 0;
  const auto subscription = feed_->subscribe([&] { ++told; });
  EXPECT_EQ(expire({.count = 10}), kMany - 10U);
  EXPECT_EQ(told, 3);
  const auto rest = page(*feed_);
  EXPECT_EQ(rest.entries, 11U);
  EXPECT_EQ(rest.mark.count, 10U);
  EXPECT_TRUE(brief(rest).ends_with("trim25003:24990")) << brief(rest);
}

TEST_F(TrimmingTest, AnItemsOwnTimeCountsUnlessItIsYetToCome) {
  Batch batch = events();
  add(batch, "old", Micros{1'700'000'000'123'456});
  add(batch, "early", Micros{now().count + kDay});
  commit(*feed_, batch);
  EXPECT_EQ((*feed_->item("old"))->at, Micros{1'700'000'000'123'456});
  EXPECT_LE((*feed_->item("early"))->at, now());
}

TEST_F(TrimmingTest, HowManyExpiredSurvivesARestart) {
  put_seconds(5);
  expire({.count = 2});
  open();
  EXPECT_EQ(feed_->state().expired, 3U);
  EXPECT_EQ(expire({.count = 1}), 1U);
  EXPECT_EQ(feed_->state().expired, 4U);
}

TEST_F(TrimmingTest, ANewItemThatIsTooOldDoesNotComeIn) {
  Batch batch = events();
  batch.set_expired({.before = ago(kDay)});
  add(batch, "old", ago(2 * kDay), {"a partition that nothing else is in"});
  add(batch, "young", ago(kSecond));
  batch.put("timeless", "timeless", "{}", kWhole);
  const auto outcome = commit(*feed_, batch);
  EXPECT_EQ(outcome.added, 2U);
  EXPECT_EQ(outcome.expired, 1U);
  EXPECT_EQ(shown(), "+1:young:1 +2:timeless:1");
  EXPECT_EQ(feed_->state().partitions.size(), 1U);
}

TEST_F(TrimmingTest, WhatIsReadAgainDoesNotBringBackWhatExpired) {
  std::vector<Micros> times;
  for (int i = 0; i < 6; ++i) times.push_back(ago((10 - i) * kSecond));
  const auto read = [&](bool again) {
    Batch batch = events();
    batch.set_expired({.again = again});
    for (int i = 0; i < 6; ++i) add(batch, std::to_string(i), times[static_cast<std::size_t>(i)]);
    return commit(*feed_, batch);
  };
  EXPECT_EQ(read(true).added, 6U);
  EXPECT_EQ(expire({.count = 2}), 4U);
  open();
  const auto outcome = read(true);
  EXPECT_EQ(outcome.unchanged, 2U);
  EXPECT_EQ(outcome.expired, 4U);
  EXPECT_EQ(shown(), "+5:4:1 +6:5:1 trim7:4");
  // A batch that goes on where the last one ended brings nothing twice, so an event that is late is only late.
  EXPECT_EQ(read(false).added, 4U);
}

TEST_F(TrimmingTest, WhatExpiredInOnePartitionStaysInTheOther) {
  const Micros time = ago(9 * kSecond);
  Batch batch = events();
  add(batch, "1", time, {"north", "south"});
  add(batch, "2", ago(8 * kSecond), {"north"});
  commit(*feed_, batch);
  expire({.count = 1});
  EXPECT_EQ(shown("north"), "+2:2:1 trim3:1");
  Batch again = events();
  again.set_expired({.again = true});
  again.put("1", "1", R"({"changed":true})", Names{"north", "south"});
  again.set_time(time);
  EXPECT_EQ(commit(*feed_, again).changed, 1U);
  EXPECT_EQ(shown("north"), "+2:2:1 trim3:1");
  EXPECT_EQ(shown("south"), "+4:1:2");
  expect_whole(*feed_);
}

TEST_F(TrimmingTest, AnExpiredItemWithAnIdOfItsOwnIsForgotten) {
  Batch batch = events();
  batch.put("k1", "A", "{}", kWhole);
  batch.put("k2", "B", "{}", kWhole);
  commit(*feed_, batch);
  expire({.count = 1});
  Batch next("rows");
  next.remove("k1");
  next.put("k3", "A", "{}", kWhole);
  EXPECT_EQ(commit(*feed_, next).added, 1U);
  EXPECT_EQ(shown(), "+2:B:1 trim3:1 +4:A:1");
  expect_whole(*feed_);
}

}  // namespace

}  // namespace meshgate::store
