#include "gateway/ingest/ingest.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "tests/unit/ingest/scripted_source.hpp"

namespace meshgate::ingest {
namespace {

/// A node's sources: one, with a scripted table behind it.
class IngestTest : public ::testing::Test {
 protected:
  IngestTest() {
    std::filesystem::remove_all(folder_);
    auto store = store::Store::open({.folder = folder_});
    EXPECT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
    source_.name = "erp";
    source_.every = std::chrono::milliseconds(10);
    source_.plugin = scripted_plugin(table_);
    source_.feeds.resize(1);
    source_.feeds[0].name = "things";
    source_.feeds[0].stream = {{"table", "t"}};
    for (int i = 1; i <= 10; ++i) table_.rows[i] = {.name = "row"};
  }
  ~IngestTest() override {
    ingest_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  void start() {
    std::vector<SourceOptions> sources;
    sources.push_back(std::move(source_));
    auto ingest = Ingest::start(std::move(sources), *store_, log_, metrics_);
    ASSERT_TRUE(ingest) << ingest.error().message;
    ingest_ = std::move(*ingest);
  }
  /// Blocks until the feed says so.
  template <class Condition>
  void wait_for(Condition condition) {
    while (!condition(**store_->feed("things"))) std::this_thread::yield();
  }

  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("ingest_" + std::to_string(::getpid()));
  ScriptedTable table_;
  base::Log log_{base::Level::error};
  base::Metrics metrics_;
  std::unique_ptr<store::Store> store_;
  SourceOptions source_;
  std::unique_ptr<Ingest> ingest_;
};

TEST_F(IngestTest, ANewFeedIsDividedBeforeItsSourceWasReached) {
  table_.fail = {MG_RECONNECT, "down"};
  config::Diagnostics faults;
  source_.feeds[0].definition = mapping::Definition::read({}, {}, config::parse_yaml("zone", "t.yaml", faults), faults);
  start();
  auto feed = store_->feed("things");
  ASSERT_TRUE(feed);
  EXPECT_TRUE((*feed)->state().divided);
}

TEST_F(IngestTest, AReplayRunsWhileTheSourceIsRead) {
  table_.faults[5] = "odd";
  start();
  wait_for([](const store::Feed& feed) { return !feed.state().loading; });
  for (int i = 0; i < 20; ++i) {
    const auto done = ingest_->replay("things", {"5"});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->at(0).fate, Fate::bad);
  }
  EXPECT_EQ(ingest_->replay("other", {}).error().code, Code::not_found);
}

TEST_F(IngestTest, AReplayHasItsTurnWithinAScan) {
  table_.faults[5] = "odd";
  table_.endless = table_.holds = true;
  start();
  wait_for([](const store::Feed& feed) { return feed.state().quarantined > 0; });
  const auto done = ingest_->replay("things", {});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->at(0).fate, Fate::bad);
  EXPECT_TRUE((*store_->feed("things"))->state().loading) << "the scan is still under way";
}

/// A source with a family alone.
class FamilyTest : public IngestTest {
 protected:
  FamilyTest() {
    source_.feeds.clear();
    source_.families.push_back({.name = "erp", .place = {}, .patterns = Patterns({"*"}), .stream_name = "table", .common = {}, .entries = {}});
    table_.streams = {"orders", "items"};
  }
  void wait_for_standing(const std::string& feed) {
    while (!ingest_->standing(feed)) std::this_thread::yield();
  }
};

TEST_F(FamilyTest, FeedsComeUpWhileOthersAskForThem) {
  table_.fail_discover = true;
  start();
  while (ingest_->unlisted().empty() || ingest_->unlisted()[0].why != "the catalogue cannot be reached") std::this_thread::yield();
  EXPECT_TRUE(store_->names().empty());
  table_.fail_discover = false;
  wait_for_standing("erp.orders");
  wait_for_standing("erp.items");
  EXPECT_TRUE(ingest_->release("erp.orders"));
  while ((*store_->feed("erp.items"))->state().count < 10) std::this_thread::yield();
  EXPECT_TRUE(ingest_->unlisted().empty());
  EXPECT_EQ(ingest_->standing("erp.orders")->source, "erp");
  EXPECT_FALSE(ingest_->release("erp.nothing"));
}

TEST_F(FamilyTest, WhatTheStoreRemembersIsReadWithoutTheCatalogue) {
  start();
  wait_for_standing("erp.orders");
  ingest_.reset();
  table_.fail_discover = true;
  table_.rows[11] = {.name = "new"};
  source_.name = "erp";
  source_.every = std::chrono::milliseconds(10);
  source_.plugin = scripted_plugin(table_);
  source_.families.push_back({.name = "erp", .place = {}, .patterns = Patterns({"*", "!items"}), .stream_name = "table", .common = {}, .entries = {}});
  start();
  EXPECT_TRUE(ingest_->standing("erp.orders"));
  EXPECT_FALSE(ingest_->standing("erp.items")) << "no pattern chooses it any more";
  while ((*store_->feed("erp.orders"))->state().count < 11) std::this_thread::yield();
}

TEST_F(FamilyTest, AReplayFindsAFeedThatCameLater) {
  table_.faults[5] = "odd";
  start();
  wait_for_standing("erp.orders");
  while ((*store_->feed("erp.orders"))->state().loading) std::this_thread::yield();
  const auto done = ingest_->replay("erp.orders", {"5"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->at(0).fate, Fate::bad);
}

TEST_F(IngestTest, AStopAnswersAReplayThatWaits) {
  table_.faults[5] = "odd";
  table_.endless = table_.holds = table_.clings = true;
  start();
  wait_for([](const store::Feed& feed) { return feed.state().quarantined > 0; });
  auto waiting = std::async(std::launch::async, [this] { return ingest_->replay("things", {}); });
  while (waiting.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) ingest_->stop();
  EXPECT_EQ(waiting.get().error().code, Code::cancelled);
}

/// Several feeds of the one table, by the names given; limits are set before start().
class LimitedTest : public IngestTest {
 protected:
  void feeds(std::initializer_list<const char*> tables) {
    source_.feeds.clear();
    for (const char* table : tables) {
      FeedOptions& feed = source_.feeds.emplace_back();
      feed.name = "of_" + std::string(table);
      feed.stream = {{"table", table}};
    }
  }
  FeedStatus status(const std::string& feed) { return ingest_->standing(feed)->status; }
  std::uint64_t count(const std::string& feed) { return (*store_->feed(feed))->state().count; }
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) std::this_thread::yield();
  }
};

TEST_F(LimitedTest, RowsComeNotFasterThanTheyMay) {
  for (int i = 1; i <= 4000; ++i) table_.rows[i] = {.name = "row"};
  table_.page = 100000;
  table_.rests = true;
  source_.limits.rows = 2000;
  feeds({"a", "b"});
  const auto began = std::chrono::steady_clock::now();
  start();
  until([&] { return status("of_a").limit == Limit::rows; });
  EXPECT_EQ(status("of_a").limit_sentence, "limited to 2000 rows/s");
  until([&] { return status("of_a").phase == Phase::idle && status("of_b").phase == Phase::idle; });
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(status("of_a").limit, Limit::none);
  ingest_.reset();
  EXPECT_GE(took, std::chrono::seconds(3)) << "8000 rows, of which 2000 were there";
  for (const std::size_t given : table_.given) EXPECT_LE(given, 2000U);
  EXPECT_EQ(count("of_a") + count("of_b"), 8000U);
}

TEST_F(LimitedTest, WithOneStatementNothingStaysOpenBetweenReads) {
  table_.endless = table_.holds = true;
  source_.limits.statements = 1;
  feeds({"a", "b", "c"});
  start();
  until([&] { return count("of_a") == 10 && count("of_b") == 10 && count("of_c") == 10; });
  ingest_.reset();
  EXPECT_EQ(table_.most_open, 0U);
}

TEST_F(LimitedTest, WithThreeStatementsTwoStayOpenAndNobodyIsLeftOut) {
  table_.endless = table_.holds = true;
  source_.limits.statements = 3;
  feeds({"a", "b", "c", "d"});
  start();
  until([&] { return count("of_a") == 10 && count("of_b") == 10 && count("of_c") == 10 && count("of_d") == 10; });
  ingest_.reset();
  EXPECT_EQ(table_.most_open, 2U);
}

TEST_F(LimitedTest, WhatDoesNotLetGoMakesTheOthersWaitAndSaysSo) {
  table_.endless = table_.holds = table_.clings = true;
  source_.limits.statements = 1;
  feeds({"a", "b"});
  start();
  until([&] { return status("of_b").limit == Limit::statements; });
  EXPECT_EQ(status("of_b").limit_sentence, "waits for one of 1 statements");
  ingest_.reset();
  EXPECT_EQ(table_.most_open, 1U);
  EXPECT_EQ(count("of_b"), 0U);
}

TEST_F(LimitedTest, FeedsTakeTurnsWithTheConnections) {
  source_.limits.connections = 2;
  feeds({"a", "b", "c", "d", "e"});
  start();
  until([&] { return count("of_a") == 10 && count("of_b") == 10 && count("of_c") == 10 && count("of_d") == 10 && count("of_e") == 10; });
  const int before = table_.reads;
  until([&] { return table_.reads > before + 100; });
  ingest_.reset();
  EXPECT_EQ(table_.most_connected, 2);
}

TEST_F(LimitedTest, AStreamThatListensIsAskedAgainAtOnce) {
  table_.rests = table_.listens = true;
  source_.every = std::chrono::hours(1);
  feeds({"a"});
  start();
  until([&] { return table_.most_wait == 500 && table_.reads > 20; });
  EXPECT_EQ(status("of_a").phase, Phase::idle);
}

TEST_F(LimitedTest, OfStreamsThatListenNoneKeepsTheOthersWaitingForLong) {
  table_.rests = table_.listens = true;
  source_.every = std::chrono::hours(1);
  feeds({"a", "b", "c", "d"});
  start();
  until([&] { return table_.most_wait == 5 && table_.reads > 50; });
  ingest_.reset();
  EXPECT_GT(std::ranges::count(table_.read_of, "d"), 5);
}

TEST_F(LimitedTest, AStreamThatListensWaitsForTheIntervalWhereItSharesAConnection) {
  table_.rests = table_.listens = true;
  source_.every = std::chrono::hours(1);
  source_.limits.connections = 1;
  feeds({"a", "b"});
  start();
  until([&] { return count("of_a") == 10 && count("of_b") == 10; });
  EXPECT_LE(table_.reads, 20);
}

TEST_F(LimitedTest, AScanUnderWayKeepsItsConnectionAndTheOthersSayWhatTheyWaitFor) {
  table_.endless = true;
  source_.limits.connections = 1;
  feeds({"a", "b"});
  start();
  until([&] { return status("of_b").limit == Limit::connections; });
  EXPECT_EQ(status("of_b").limit_sentence, "waits for one of 1 connections");
  ingest_.reset();
  EXPECT_EQ(table_.most_connected, 1);
  EXPECT_EQ(count("of_b"), 0U);
}

TEST_F(LimitedTest, AFeedThatGaveItsConnectionUpTakesOneForAReplay) {
  table_.faults[5] = "odd";
  source_.limits.connections = 1;
  source_.every = std::chrono::hours(1);
  feeds({"a", "b"});
  start();
  until([&] { return count("of_a") == 9 && count("of_b") == 9; });
  for (const char* feed : {"of_a", "of_b", "of_a"}) {
    const auto done = ingest_->replay(feed, {"5"});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->at(0).fate, Fate::bad);
  }
  ingest_.reset();
  EXPECT_EQ(table_.most_connected, 1);
}

TEST_F(LimitedTest, NoScanBeginsInQuietHours) {
  // Four hours around this one, by a clock in UTC.
  const std::int64_t minute = now().count / 60000000 % (24 * 60);
  ASSERT_TRUE(source_.limits.quiet.add(minute_text(static_cast<int>((minute + 22 * 60) % (24 * 60)), 0) + "-" + minute_text(static_cast<int>((minute + 2 * 60) % (24 * 60)), 0)));
  source_.limits.zone_name = "UTC";
  feeds({"a"});
  start();
  until([&] { return status("of_a").phase == Phase::quiet && status("of_a").limit == Limit::quiet; });
  const std::string said = status("of_a").limit_sentence;
  EXPECT_TRUE(said.starts_with("quiet until ") && said.ends_with(" (UTC)")) << said;
  until([&] { return table_.reads > 5; });
  ingest_.reset();
  EXPECT_TRUE(table_.given.empty());
  EXPECT_TRUE((*store_->feed("of_a"))->state().loading);
}

TEST_F(LimitedTest, OfFeedsThatKeepTheThreadForLongOneHasItsTurnBeforeTheOthersComeAgain) {
  table_.slow = std::chrono::milliseconds(1100);
  feeds({"slow1", "quick", "slow2", "slow3"});
  start();
  until([&] { return status("of_slow3").phase != Phase::starting; });
  ingest_.reset();
  std::string before;
  for (const std::string& name : table_.read_of) {
    if (name.starts_with("slow") && before.starts_with("slow")) ADD_FAILURE() << before << " and " << name << " one behind the other";
    before = name;
  }
}

}  // namespace
}  // namespace meshgate::ingest
