#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/store/mending.hpp"
#include "mesh/cursor.hpp"
#include "mesh/reconcile.hpp"

namespace meshgate::federation {

/// Finds out how this node's copy of a partition differs from another node's, one question at a time.
///
///   everything ─► sums of 16 pieces ─► those that differ, each in 16 ─► … ─► pieces of few lines: ours go, theirs come
///
/// Each answer is of another moment. What moves at the other node meanwhile lies behind the first answer's mark, where the copy stands in the end and from
/// where it is followed; until it is past the highest head met it is not complete, as with any pass. Logic apart from waiting: knows no socket.
class Reconciler {
 public:
  /// Reads lines of the copy, which must stay as it is.
  using OwnLines = std::function<Status(const SeqRange&, const std::function<void(std::string_view)>&)>;
  Reconciler(const Standing& own, OwnLines lines) : own_(own), lines_of_(std::move(lines)), floor_(own.floor) {}

  /// What to ask next, but for the names; nothing: all is known.
  [[nodiscard]] std::optional<ReconcileQuestion> next() const;
  /// Code::unsupported: so much differs that reading everything is cheaper. Code::conflict: the other node is behind. Code::corrupt: it does not answer
  /// what it was asked. Code::retry: its order has changed meanwhile.
  Status take(ReconcileAnswer answer);
  /// Once there is nothing to ask.
  [[nodiscard]] store::Mending result() &&;

 private:
  Status stand_at(const Mark& mark);
  Status compare(const ReconcileAnswer::Split& split, Seq floor);
  Status give_up(const SeqRange& range, Seq floor);

  const Standing own_;
  const OwnLines lines_of_;
  Seq floor_;
  std::optional<Mark> first_;
  std::set<SeqRange> open_;    ///< to be split
  std::set<SeqRange> wanted_;  ///< whose lines are to be sent
  std::vector<Seq> away_;
  std::map<Seq, std::string> come_;
  std::size_t bytes_ = 0;
};

}  // namespace meshgate::federation
