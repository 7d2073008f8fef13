#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/device/ledger.hpp"
#include "mesh/reconciler.hpp"

namespace meshgate::device {

/// False: what takes long is to be left.
using GoesOn = std::function<bool()>;

/// Where a partition's items stood in its order at one moment, to compare them with a node's by `Summed::items`: 24 bytes an item. An item of a divided feed whose row
/// has another content than the partition has of it is like none of the node's.
class Order {
 public:
  /// Code::unsupported: the rows are in no order, or more than eight million. Code::cancelled: `goes_on` said so.
  static Result<Order> of(Database& database, const Place& place, const GoesOn& goes_on);

  /// Of no epoch: a partition that is to be compared has left its order.
  [[nodiscard]] Standing standing() const;
  void entries(const SeqRange& range, const TakeEntry& take) const;

 private:
  struct Entry {
    Seq seq{0};
    Bits128 sum;
  };
  std::vector<Entry> entries_;  ///< by seq
};

/// The ids of the items that stand at these seqs, ascending.
Result<std::vector<std::string>> ids_at(Database& database, const Place& place, const std::vector<Seq>& seqs);

}  // namespace meshgate::device
