#include "gateway/ingest/ingest.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

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
  table_.endless = true;
  start();
  wait_for([](const store::Feed& feed) { return feed.state().quarantined > 0; });
  auto waiting = std::async(std::launch::async, [this] { return ingest_->replay("things", {}); });
  while (waiting.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) ingest_->stop();
  EXPECT_EQ(waiting.get().error().code, Code::cancelled);
}

}  // namespace
}  // namespace meshgate::ingest
