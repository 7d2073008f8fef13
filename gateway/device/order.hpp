#pragma once

#include <string>
#include <vector>

#include "gateway/device/ledger.hpp"
#include "mesh/reconciler.hpp"

namespace meshgate::device {

/// Where the rows of a feed that is not divided stood in its order at one moment, to compare them with a node's by `Summed::items`: 24 bytes a row.
class Order {
 public:
  /// Code::unsupported: the feed is divided, the rows are in no order, or more than two million.
  static Result<Order> of(Database& database, const Place& place);

  [[nodiscard]] Standing standing() const;
  void entries(const SeqRange& range, const TakeEntry& take) const;

 private:
  struct Entry {
    Seq seq{0};
    Bits128 sum;
  };
  Epoch epoch_;
  std::vector<Entry> entries_;  ///< by seq
};

/// The ids of the rows that stand at these seqs, ascending.
Result<std::vector<std::string>> ids_at(Database& database, const Place& place, const std::vector<Seq>& seqs);

}  // namespace meshgate::device
