#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/access/directory_access.hpp"
#include "tests/unit/store/folder.hpp"

namespace meshgate::access {

inline Policy policy_of(const std::string& yaml) {
  config::Diagnostics faults;
  config::Secrets secrets;
  const auto root = config::parse_yaml(yaml, "mesh.yaml", faults);
  auto out = read_policy(root["node"], root["feeds"], secrets, faults);
  EXPECT_TRUE(faults.empty()) << faults.text();
  return out;
}

/// A store whose feeds `_users` and `_groups` say what the test says, and who may see what by it.
class StatedDirectory : public ::testing::Test {
 protected:
  StatedDirectory() : store_(store::opened(folder_ / "data")), users_(store::feed_of(*store_, "_users")), groups_(store::feed_of(*store_, "_groups")) {}

  static void loaded(store::Feed& feed, bool loading = false) {
    store::Batch batch("main");
    batch.set_loading(loading);
    store::commit(feed, batch);
  }
  static void put(store::Feed& feed, const std::string& id, const std::string& content) { store::commit(feed, store::put(id, content)); }
  static void remove(store::Feed& feed, const std::string& id) { store::commit(feed, store::removed(id)); }

  /// The feeds under `_users` and `_groups` are added.
  void start(const std::string& feeds, const std::string& node = "{}") {
    auto access = DirectoryAccess::start(policy_of("node: " + node + "\nfeeds:\n  _users: {}\n  _groups: {}\n" + feeds), *store_, nullptr, log_, metrics_);
    ASSERT_TRUE(access) << access.error().message;
    access_ = std::move(*access);
    subscription_ = access_->subscribe([this] {
      const std::lock_guard lock(mutex_);
      rung_.notify_all();
    });
  }

  /// Waits for what the directory has just been told.
  bool comes_true(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return rung_.wait_for(lock, std::chrono::seconds(60), condition);
  }

  [[nodiscard]] Sight sight(const std::string& user, const std::string& feed, const std::string& partition = "") const {
    return access_->sight({.user = user, .device = "", .node = ""}, feed, partition);
  }

  store::Folder folder_;
  base::Log log_{base::Level::error};
  base::Metrics metrics_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<store::Feed> users_;
  std::shared_ptr<store::Feed> groups_;
  std::shared_ptr<DirectoryAccess> access_;
  std::mutex mutex_;
  std::condition_variable rung_;
  std::shared_ptr<void> subscription_;
};

}  // namespace meshgate::access
