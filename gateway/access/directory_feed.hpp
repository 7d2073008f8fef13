#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "gateway/store/feed.hpp"

namespace meshgate::access {

/// What is done with the items of a feed of the directory.
class DirectoryItems {
 public:
  virtual ~DirectoryItems() = default;
  virtual void put(std::string_view id, std::string_view content, Micros at) = 0;
  virtual void gone(std::string_view id) = 0;
  /// All of it: it is told anew.
  virtual void forget() = 0;
};

/// Follows one feed of the directory from its beginning, page by page. Used by one thread.
class DirectoryFeed {
 public:
  DirectoryFeed(std::shared_ptr<store::Feed> feed, DirectoryItems& items) : feed_(std::move(feed)), items_(items) {}

  struct Step {
    bool more = false;
    bool changed = false;
  };
  /// One page. An Error leaves the cursor where it was, and nothing is known for sure until a later one works. Blocks on the disk.
  Result<Step> step();
  /// Forgets everything, to be told it anew.
  void start_over();
  /// The feed was read to its end, and is not loading.
  [[nodiscard]] bool sure() const { return sure_; }

 private:
  Status take(std::string_view lines);

  std::shared_ptr<store::Feed> feed_;
  DirectoryItems& items_;
  Cursor cursor_;
  LineParser parser_;
  bool sure_ = false;
};

}  // namespace meshgate::access
