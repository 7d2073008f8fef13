#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mesh/cursor.hpp"
#include "mesh/reconcile.hpp"

namespace meshgate {

/// What makes a copy of a partition that of another node.
struct Difference {
  std::vector<Seq> away;  ///< entries that go, ascending
  std::string lines;      ///< entries that come, as kept there, in their order; each takes the place of what stands there
  Mark mark;              ///< where the copy stands then
};

/// Finds out how this node's copy of a partition differs from another node's, one question at a time.
///
///   everything ─► sums of 16 pieces ─► those that differ, each in 16 ─► … ─► pieces of few lines: ours go, theirs come
///
/// Each answer is of another moment. What moves at the other node meanwhile lies behind the first answer's mark, where the copy stands in the end and from
/// where it is followed; until it is past the highest head met it is not complete, as with any pass. Logic apart from waiting: knows no socket.
class Reconciler {
 public:
  /// Reads entries of the copy, which must stay as it is; see each_entry().
  using OwnEntries = std::function<Status(const SeqRange&, Seq floor, const TakeEntry&)>;
  /// `by`: what counts in sums, here and in the answers.
  Reconciler(const Standing& own, Summed by, OwnEntries entries) : own_(own), by_(by), entries_of_(std::move(entries)), floor_(own.floor) {}

  /// What to ask next, but for the names; nothing: all is known.
  [[nodiscard]] std::optional<ReconcileQuestion> next() const;
  /// Code::unsupported: so much differs that reading everything is cheaper. Code::conflict: the other node is behind. Code::corrupt: it does not answer
  /// what it was asked. Code::retry: its order has changed meanwhile.
  Status take(ReconcileAnswer answer);
  /// Once there is nothing to ask.
  [[nodiscard]] Difference result() &&;

 private:
  Status stand_at(const Mark& mark);
  Status compare(const ReconcileAnswer::Split& split, Seq floor);
  Status give_up(const SeqRange& range, Seq floor);

  const Standing own_;
  const Summed by_;
  const OwnEntries entries_of_;
  Seq floor_;
  std::optional<Mark> first_;
  std::set<SeqRange> open_;    ///< to be split
  std::set<SeqRange> wanted_;  ///< whose lines are to be sent
  std::vector<Seq> away_;
  std::map<Seq, std::string> come_;
  std::size_t bytes_ = 0;
};

}  // namespace meshgate
