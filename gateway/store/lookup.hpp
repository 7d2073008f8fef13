#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/disk_feed.hpp"

namespace meshgate::store {

/// Index keys of one batch, one behind the other.
class KeyList {
 public:
  std::size_t add(FeedNumber feed, std::string_view id);
  /// After it, ascending() goes on saying what it said with that key.
  void drop_last();
  [[nodiscard]] std::string_view at(std::size_t index) const {
    return std::string_view(bytes_).substr(ends_[index], ends_[index + 1] - ends_[index]);
  }
  [[nodiscard]] std::size_t size() const { return ends_.size() - 1; }
  /// Each key behind the one before it.
  [[nodiscard]] bool ascending() const { return ascending_; }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_{0};
  bool ascending_ = true;
};

/// Looks up many index keys and calls `found(which, value)` for those that exist, in the order of the list. Walks along the index as long
/// as keys come in its order, asks in bulk otherwise, and not at all for keys above `greatest`.
Status look_up(const Engine& engine, const KeyList& keys, std::string_view greatest,
               const std::function<void(std::size_t, std::string_view)>& found);

}  // namespace meshgate::store
