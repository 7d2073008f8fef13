#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "gateway/store/transaction.hpp"

namespace meshgate::store {

/// Index entries that pages of another node change, from the first of these pages until all are written. Lives under the feed's write lock, or as long
/// as nobody else writes to the feed.
class FollowedItems {
 public:
  struct Item {
    IndexEntry entry;  ///< as it will be
    bool was_live = false;
    bool changed = false;
    std::uint64_t met = 0;  ///< by which page
  };

  explicit FollowedItems(DiskFeed& feed) : feed_(feed) {}

  /// As it will be, or, where nothing is known of the id, an entry without memberships. Stays where it is.
  Result<Item*> find(std::string_view id);
  /// Of the page that is looked at: whether it has not met the item before.
  [[nodiscard]] bool meets(Item& item) const { return std::exchange(item.met, page_) != page_; }
  void begin_page() { ++page_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  /// What has changed, in the order of the index.
  void write(Transaction& out);

 private:
  DiskFeed& feed_;
  std::uint64_t page_ = 0;
  std::unordered_map<std::string, Item> items_;
};

}  // namespace meshgate::store
