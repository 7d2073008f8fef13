#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "gateway/device/ledger.hpp"

namespace meshgate::device {

/// Which partitions of a divided feed an item is in, as who writes one of them sees it.
struct Memberships {
  /// Of a partition that is to be compared with the node: what it says of the item may be of an order that is no more.
  struct Unread {
    Place* place = nullptr;
    Seq seq{0};
    ContentHash hash;
  };
  std::optional<ContentHash> own;  ///< what the item counts for in the partition that is written
  bool others = false;             ///< it is in another one too
  Seq last{0};                     ///< the highest seq that it has in others which stand in the feed's order
  Seq last_of_all{0};              ///< in any other
  std::vector<Unread> unread;      ///< others
};

/// The table _meshgate_members. Within the caller's transaction.
class MemberTable {
 public:
  static Result<MemberTable> open(Database& database, Ledger& ledger);

  Result<Memberships> of(const Place& place, std::string_view id);
  Status put(const Place& place, std::string_view id, Seq seq, const ContentHash& hash);
  Status drop(const Place& place, std::string_view id);

 private:
  /// Whether what a partition says of an item is of the feed's order: within a pass only of what has been met in it.
  Result<bool> stands(const Place& place, std::string_view id);

  Ledger* ledger_ = nullptr;
  Statement find_, put_, drop_, met_;
};

}  // namespace meshgate::device
