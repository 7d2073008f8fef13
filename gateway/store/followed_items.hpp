#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/store/transaction.hpp"

namespace meshgate::store {

/// Index entries that a page of another node changes. Lives under the feed's write lock.
class FollowedItems {
 public:
  struct Item {
    IndexEntry entry;  ///< as it will be
    bool was_live = false;
    bool changed = false;
  };

  explicit FollowedItems(DiskFeed& feed) : feed_(feed) {}

  /// As it will be, or, where nothing is known of the id, an entry without memberships. Stays where it is.
  Result<Item*> find(std::string_view id);
  /// What has changed, in the order of the index.
  void write(Transaction& out);

 private:
  DiskFeed& feed_;
  std::unordered_map<std::string, Item> items_;
};

}  // namespace meshgate::store
