#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/device/mirror_file.hpp"
#include "gateway/net/http_client.hpp"

namespace meshgate::device {

/// Makes what the file holds of a partition what a node has, answer by answer: only what differs travels, and it is applied at once or not at all. Between answers
/// nothing of the file is held; what has changed there meanwhile, so that the comparison is of no use, makes the outcome stale.
class Repair {
 public:
  /// Code::unsupported: the partition is to be read from 0 instead. Code::cancelled: `goes_on` said so. Blocks while the rows are read.
  static Result<std::unique_ptr<Repair>> begin(MirrorFile& file, Place& place, const GoesOn& goes_on);
  Repair(const Repair&) = delete;
  Repair& operator=(const Repair&) = delete;

  /// What to ask next; nothing: all is known.
  [[nodiscard]] std::optional<ReconcileQuestion> next() const;
  /// See Reconciler::take().
  Status take(ReconcileAnswer answer) { return work_.take(std::move(answer)); }
  /// Once there is nothing to ask. Blocks.
  Result<Applied> finish();

 private:
  Repair(MirrorFile& file, Place& place, const ReaderState& state, Order order);

  MirrorFile& file_;
  Place& place_;
  const std::uint64_t generation_;
  const std::shared_ptr<const Columns> columns_;
  const Order order_;
  Reconciler work_;
};

/// By POST /reconcile. Blocks, also while another partition of the file is compared.
Result<Applied> repair(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, const GoesOn& goes_on);

}  // namespace meshgate::device
