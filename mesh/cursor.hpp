#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mesh/ids.hpp"

namespace meshgate {

/// How far a reader of a partition has come: "<epoch>.<seq>" after a complete pass, "<epoch>.<seq>.<low>.<high>" within one, "0" at
/// the beginning. `low` is the lowest head met in a pass that began at 0 (0 in any other pass), `high` the highest head met.
struct Cursor {
  Epoch epoch;
  Seq seq{0};
  Seq low{0};
  Seq high{0};

  auto operator<=>(const Cursor&) const = default;
  [[nodiscard]] bool start() const { return epoch.bits.zero(); }
  [[nodiscard]] std::string text() const;
  /// At most 100 characters, decimal without leading zeros, low <= high, 32 hex digits of epoch that are not all 0; or nothing.
  static std::optional<Cursor> parse(std::string_view text);
};

/// What a node holds of a partition, as one store snapshot sees it.
struct Standing {
  Epoch epoch;
  Seq head{0};              ///< last seq assigned in the partition (at a replica: the seq of its own cursor)
  Seq floor{0};             ///< gone entries up to and including this one may have been purged
  bool loading = false;     ///< the first scan at the origin is not finished
  bool replica = false;     ///< a replica may lag; the origin may not
  bool unfinished = false;  ///< a replica within its own pass: it owes itself changes up to `owed`
  Seq owed{0};              ///< the `high` of a replica's own cursor
};

/// Whether a node can serve a cursor.
enum class Answer {
  read,         ///< yes: the entries after `seq`
  ahead,        ///< the reader is ahead of this replica: it gets its own cursor back, not caught up
  other_epoch,  ///< 410: the order was not continued
  below_floor,  ///< 410: deletes after `seq` may have been purged
  beyond_head,  ///< 410: the origin never assigned this seq
};
Answer judge(const Cursor& cursor, const Standing& standing);

/// The mark after a page.
struct Progress {
  Cursor cursor;
  bool complete = false;   ///< the pass is over: the reader holds exactly what the partition was at this head
  bool caught_up = false;  ///< complete, and the feed is not loading
};

/// The cursor after everything up to `read_to` was read in one snapshot with this standing, where judge() said `read`.
/// `read_to` is the seq of the last entry of the page, or the head when the page reached the end.
Progress advance(const Cursor& from, Seq read_to, const Standing& standing);

/// The mark for a reader that is `ahead`: its own cursor (joined with what this node owes), never caught up.
Progress stay(const Cursor& from, const Standing& standing);

}  // namespace meshgate
