#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gateway/device/mirror.hpp"
#include "gateway/device/mirror_file.hpp"
#include "tests/unit/device/canned_node.hpp"
#include "tests/unit/device/published.hpp"

namespace meshgate::test {

inline Schema small_schema() {
  Schema out;
  out.version = 1;
  out.fields = {{"id", Type::int64, false, 1, {}}, {"name", Type::text, true, 0, {}}, {"total", Type::decimal, true, 0, {}}};
  return out;
}

inline std::string small_content(int i) {
  return "{\"id\":" + std::to_string(i) + ",\"name\":\"n\\\"" + std::to_string(i) + "ü\",\"total\":\"" + std::to_string(i) + ".50\"}";
}

/// A folder of its own, and mirrors into one file in it.
class MirrorFixture : public testing::Test {
 protected:
  MirrorFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "meshgate-mirror-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    file_ = folder_ + "/copy.db";
  }
  ~MirrorFixture() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] device::MirrorOptions options(const CannedNode& node) const {
    device::MirrorOptions out;
    out.url = node.url();
    out.file = file_;
    out.first_backoff = std::chrono::milliseconds(1);
    out.longest_backoff = std::chrono::milliseconds(5);
    out.look_again = std::chrono::milliseconds(20);
    out.turn = std::chrono::milliseconds(5);
    return out;
  }
  device::MirrorListener listener() {
    device::MirrorListener out;
    out.say = [this](base::Level level, const std::string& sentence) {
      if (level < base::Level::info) return;
      const std::lock_guard guard(mutex_);
      said_ += sentence + "\n";
      changed_.notify_all();
    };
    out.progress = [this](const device::MirrorProgress& progress) {
      const std::lock_guard guard(mutex_);
      progress_.push_back(progress);
      changed_.notify_all();
    };
    return out;
  }
  Result<device::MirrorSummary> run(device::MirrorOptions options) {
    auto mirror = device::Mirror::open(std::move(options), listener());
    if (!mirror) return std::move(mirror).error();
    return (*mirror)->run();
  }
  device::MirrorSummary once(const CannedNode& node) {
    device::MirrorOptions wanted = options(node);
    wanted.once = true;
    auto summary = run(wanted);
    EXPECT_TRUE(summary.has_value()) << summary.error().message;
    return summary ? *summary : device::MirrorSummary{};
  }
  /// Starts a following mirror; wait_until() sees its progress, stop() ends it.
  void follow(device::MirrorOptions wanted) {
    auto mirror = device::Mirror::open(std::move(wanted), listener());
    ASSERT_TRUE(mirror.has_value()) << mirror.error().message;
    live_ = std::move(*mirror);
    thread_ = std::thread([this] { summary_ = std::make_unique<Result<device::MirrorSummary>>(live_->run()); });
  }
  template <class Condition>
  void wait_until(Condition condition) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::seconds(60), [&] { return condition(progress_); });
    EXPECT_TRUE(came) << said_;
  }
  void wait_for_digest(CannedNode& node, const std::string& partition = "") {
    const Digest digest = node.digest(partition);
    wait_until([&](const auto& all) {
      for (const auto& one : all) {
        if (one.partition == partition && one.stage == device::MirrorProgress::Stage::caught_up && one.digest == digest.text()) return true;
      }
      return false;
    });
  }
  Result<device::MirrorSummary> stop() {
    live_->cancel();
    thread_.join();
    live_.reset();
    return std::move(*summary_);
  }

  /// id → content, put together from the columns of the file.
  std::map<std::string, std::string> stored(const std::string& feed = "orders") {
    std::map<std::string, std::string> out;
    auto database = device::Database::open(file_);
    EXPECT_TRUE(database.has_value()) << database.error().message;
    auto ledger = device::Ledger::open(**database);
    EXPECT_TRUE(ledger.has_value()) << ledger.error().message;
    device::MirroredFeed* held = (*ledger)->feed(feed);
    EXPECT_NE(held, nullptr);
    auto read = held->table.each(0, 1000000, [&](const device::FeedTable::Seen& row) { out[std::string(row.id)] = row.content; });
    EXPECT_TRUE(read.has_value());
    return out;
  }
  /// What stored() gives, and where each row stands.
  std::map<std::string, Published> held_items() {
    std::map<std::string, Published> out;
    for (auto& [id, content] : stored()) out[id].content = content;
    std::istringstream seqs(sql("SELECT group_concat(_id||' '||_seq,' ') FROM orders"));
    for (std::string id; seqs >> id;) seqs >> out[id].seq;
    return out;
  }
  /// One value of the file as SQLite's own quote() shows it.
  std::string sql(const std::string& query) {
    auto database = device::Database::open(file_);
    EXPECT_TRUE(database.has_value()) << database.error().message;
    auto text = (*database)->text(query);
    EXPECT_TRUE(text.has_value()) << text.error().message;
    return text ? *text : std::string();
  }
  void alter(const std::string& statements) {
    auto database = device::Database::open(file_);
    ASSERT_TRUE(database.has_value()) << database.error().message;
    auto done = (*database)->run(statements);
    ASSERT_TRUE(done.has_value()) << done.error().message;
  }

  std::string folder_;
  std::string file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string said_;
  std::vector<device::MirrorProgress> progress_;
  std::unique_ptr<device::Mirror> live_;
  std::unique_ptr<Result<device::MirrorSummary>> summary_;
  std::thread thread_;
};

}  // namespace meshgate::test
