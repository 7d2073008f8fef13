// Feeds of events: what they keep, and what reading them anew does not bring back.
#include "gateway/ingest/keep.hpp"
#include "gateway/ingest/retention.hpp"
#include "tests/unit/ingest/feed_reader_fixture.hpp"

namespace meshgate::ingest {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;

class KeepTest : public FeedReaderTest {
 protected:
  KeepTest() {
    options_.events = true;
    options_.keep = store::Keep{.count = 4};
    for (auto& [id, row] : table_.rows) row.time_us = now().count - kDay + id;
  }
  void expire() {
    for (;;) {
      const auto some = feed_->expire(*options_.keep);
      ASSERT_TRUE(some) << some.error().message;
      if (*some == 0) break;
    }
    const auto whole = feed_->verify();
    EXPECT_TRUE(whole) << whole.error().message;
  }
  /// As after a changed mapping, a restore, or a Position that the source does not know any more.
  void read_anew() {
    table_.fail = {MG_GONE, "it was made anew"};
    ASSERT_TRUE(step());
    scan();
  }
};

TEST_F(KeepTest, AnEventsOwnTimeIsItsItems) {
  scan();
  EXPECT_EQ((*feed_->item("3"))->at.count, table_.rows[3].time_us);
}

TEST_F(KeepTest, TheTimeOfOtherRecordsIsWhenTheyCame) {
  options_.events = false;
  options_.keep.reset();
  scan();
  EXPECT_GT((*feed_->item("3"))->at.count, table_.rows[3].time_us + kDay / 2);
}

TEST_F(KeepTest, ReadingAnewBringsNothingBack) {
  scan();
  expire();
  const Seq before = feed_->state().seq;
  read_anew();
  EXPECT_EQ(feed_->state().seq, before);
  EXPECT_EQ(feed_->state().count, 4U);
  EXPECT_NE(metrics_->text().find("meshgate_records_expired_total{source=\"scripted\",feed=\"things\"} 6"), std::string::npos) << metrics_->text();
  EXPECT_NE(metrics_->text().find("meshgate_items_expired{source=\"scripted\",feed=\"things\"} 6"), std::string::npos) << metrics_->text();
}

TEST_F(KeepTest, ReadingAnewAfterARestartBringsNothingBackButWhatIsNew) {
  scan();
  expire();
  stop();
  relabel();
  table_.rows[11] = {.name = "new", .time_us = now().count};
  start();
  scan();
  EXPECT_EQ(feed_->state().count, 5U);
  EXPECT_EQ(content("6"), "none");
  EXPECT_EQ(content("7"), R"({"id":7,"label":"north 7","zone":"north"})");
  expire();
  EXPECT_EQ(content("7"), "none");
  EXPECT_EQ(content("11"), R"({"id":11,"label":"north 11","zone":"north"})");
}

TEST_F(KeepTest, WhatTheSourceHasNoMoreStays) {
  scan();
  for (int id = 1; id <= 9; ++id) table_.rows.erase(id);
  read_anew();
  EXPECT_EQ(feed_->state().count, 10U);
  table_.hidden = true;
  read_anew();
  EXPECT_EQ(feed_->state().count, 10U);
  EXPECT_EQ(feed_->state().held, "");
}

TEST_F(KeepTest, WhatIsTooOldDoesNotComeIn) {
  options_.keep = store::Keep{.age = Micros{kDay / 2}};
  table_.rows[4].time_us = now().count;
  table_.rows[5].time_us = 0;  // it does not say
  scan();
  EXPECT_EQ(feed_->state().count, 2U);
  EXPECT_EQ(content("4"), R"({"id":4,"name":"row 4","zone":"north"})");
  EXPECT_EQ(content("5"), R"({"id":5,"name":"row 5","zone":"north"})");
}

TEST_F(KeepTest, EventsExpireByThemselves) {
  scan();
  std::mutex mutex;
  std::condition_variable changed;
  const auto news = feed_->subscribe([&] {
    const std::lock_guard lock(mutex);
    changed.notify_all();
  });
  Retention retention(log_);
  retention.add("things", feed_, *options_.keep);
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [this] { return feed_->state().expired == 6; }));
}

}  // namespace
}  // namespace meshgate::ingest
