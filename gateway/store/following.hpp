#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/store/followed_items.hpp"
#include "gateway/store/loaded_items.hpp"
#include "gateway/store/page_lines.hpp"
#include "gateway/store/shrinking.hpp"

namespace meshgate::store {

/// Nothing of the partition is served before a first copy is whole.
void become_replica(Transaction& out, PartitionNumber number);
/// What a partition serves will be of this epoch.
void go_over(Transaction& out, const DiskFeed& feed, const Copy& served, const Epoch& epoch);

/// One page from another node on its way into a replica's partition.
///
///   from "0"  ──► a new building copy ──► pages … ──► pass complete: it becomes the served copy, the old one goes
///   from the served copy's cursor ──► entries go straight into the served copy
class Follow {
 public:
  struct Where {
    std::string_view partition;
    const Cursor& from;
    const Mark& mark;
  };
  Follow(DiskFeed& feed, Where where, Transaction& out);
  /// Takes the page over and commits.
  Status run(const PageLines& page);
  /// Whether the page does nothing but add entries behind those of a building copy, and is not its last.
  bool appends(const PageLines& page);
  /// Takes over a page that appends(), and leaves the index and the commit to whoever has begun the load.
  void gather(const PageLines& page, LoadedItems& items);
  /// The partition whose old copy has just been replaced.
  [[nodiscard]] std::optional<PartitionNumber> replaced() const { return replaced_; }

 private:
  Status choose_copy();
  void begin_copy();
  Status apply(const PageLine& line);
  void apply_put(const PageLine& put, FollowedItems::Item& item);
  void apply_gone(const PageLine& gone, FollowedItems::Item& item);
  Status apply_trim(const PageLine& trim);
  Status check_repeat(const PageLine& line);
  void replace(FollowedItems::Item& item, const Membership& fresh);
  void move_cursor();
  void replace_served();
  void take_feed_state();
  Status start_over();
  [[nodiscard]] bool in_copy(const Membership& one) const { return one.partition == number_ && one.generation == copy_->generation; }
  [[nodiscard]] Error conflict(const std::string& why) const;
  [[nodiscard]] LogRange range() const { return out_.range(number_, copy_->generation); }

  DiskFeed& feed_;
  const std::string name_;
  const Cursor from_;
  const Mark mark_;
  Transaction& out_;
  FollowedItems items_;
  PartitionNumber number_{};
  PartitionRecord* record_ = nullptr;
  Copy* copy_ = nullptr;
  std::optional<PartitionNumber> replaced_;
};

}  // namespace meshgate::store
