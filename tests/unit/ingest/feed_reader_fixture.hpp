#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/ingest/feed_reader.hpp"
#include "gateway/store/store.hpp"
#include "tests/unit/ingest/scripted_source.hpp"

namespace meshgate::ingest {

class Quiet : public base::Log {
 public:
  Quiet() : base::Log(base::Level::info, masked) {}
  /// As a node masks its secrets; here there is one.
  static std::string masked(std::string text) {
    constexpr std::string_view kSecret = "s3cret";
    for (auto at = text.find(kSecret); at != std::string::npos; at = text.find(kSecret)) text.replace(at, kSecret.size(), "***");
    return text;
  }
  std::string all;

 protected:
  void put(const std::string& line) override { all += line; }
};

/// A store in a folder of its own, one feed, and a reader of the scripted table.
class FeedReaderTest : public ::testing::Test {
 protected:
  FeedReaderTest() : plugin_(scripted_plugin(table_)) {
    folder_ = std::filesystem::temp_directory_path() / ("feed_reader_" + std::to_string(::getpid()) + "_" + std::to_string(count_++));
    std::filesystem::remove_all(folder_);
    for (int i = 1; i <= 10; ++i) table_.rows[i] = {.name = "row " + std::to_string(i)};
    options_.name = "things";
    options_.stream = {{"table", "t"}};
    start();
  }
  ~FeedReaderTest() override {
    stop();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    auto store = store::Store::open({.folder = folder_});
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
    feed_ = *store_->feed("things");
    auto connection = Connection::open(plugin_, {}, log_);
    ASSERT_TRUE(connection) << connection.error().message;
    connection_ = std::move(*connection);
    metrics_ = std::make_unique<base::Metrics>();
    reader_ = std::make_unique<FeedReader>(options_, feed_, "scripted", log_, *metrics_);
    auto opened = reader_->open(*connection_);
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void stop() {
    reader_.reset();
    connection_.reset();
    feed_.reset();
    store_.reset();
  }

  Result<bool> step(const Limits& limits = {}) { return reader_->step(limits); }
  /// Steps until the source has nothing more.
  void scan() {
    for (;;) {
      auto idle = step();
      ASSERT_TRUE(idle) << idle.error().message;
      if (*idle) return;
    }
  }
  void relabel() {
    config::Diagnostics faults;
    const auto yaml = config::parse_yaml("{ id: id, zone: zone, label: '{zone} {id}' }", "t.yaml", faults);
    options_.definition = mapping::Definition::read(yaml, {}, {}, faults);
    ASSERT_TRUE(faults.empty()) << faults.text();
  }
  std::string content(const std::string& id) {
    auto item = feed_->item(id);
    return item && *item ? (*item)->content : "none";
  }

  static inline int count_ = 0;
  ScriptedTable table_;
  Plugin plugin_;
  std::filesystem::path folder_;
  Quiet log_;
  FeedOptions options_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<store::Feed> feed_;
  std::unique_ptr<base::Metrics> metrics_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<FeedReader> reader_;
};

}  // namespace meshgate::ingest
