#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/horizon.hpp"

namespace meshgate::odbc {

/// A transaction that began after `clock` brings no value below `floor`.
struct Landmark {
  std::int64_t clock = 0;
  std::int64_t floor = kLowest;

  bool operator==(const Landmark&) const = default;
};

/// A poll under way: one pass over the rows whose value is not below `from`.
struct Poll {
  std::int64_t from = kLowest;                 ///< at least Tracked::low: below it nothing has come since the poll before
  std::int64_t as_of = 0;                      ///< when it is complete, all that was committed before has been read; 0: that is not known
  std::int64_t next_low = kLowest;             ///< what `low` is once it is complete
  std::int64_t greatest = kLowest;             ///< value met so far, in this poll or before
  std::optional<std::vector<std::string>> at;  ///< value and key of the last row read; none: before the first

  bool operator==(const Poll&) const = default;
};

/// How far a table has been followed by a column. Part of a Position.
///
///        rows that polls have read             read again by each poll      not there yet
///   ────────────────────────────────────┤low ├──────────────────┤frontier ├───────────────►  value
///   everything is committed and read           open transactions may
///                                              still put rows in here
struct Tracked {
  std::int64_t low = kLowest;       ///< what is committed from here on has no value below this
  std::int64_t frontier = kLowest;  ///< greatest value that complete polls have met
  std::int64_t clock = 0;           ///< before the last poll
  std::int64_t doubt = 0;           ///< not 0: transactions that were open then may bring values below `low`; or kOver, kChecking
  std::int64_t swept = 0;           ///< when the last sweep began; 0: one is owed
  std::int64_t verified = 0;        ///< when the last compare of all rows began; 0: one is owed
  std::int64_t sweep_took = 0;      ///< microseconds
  std::uint64_t shape = 0;          ///< fingerprint of the columns that polls have read
  std::vector<Landmark> landmarks;  ///< by clock; what came before the first no open transaction needs
  std::optional<Poll> poll;

  bool operator==(const Tracked&) const = default;
};

/// Clocks and columns are trusted to one second: that covers columns that keep whole seconds, and the moment between a transaction's
/// taking the time and its being seen.
inline constexpr std::int64_t kGrain = 1'000'000;

/// Doubted transactions have ended, and the compare that finds what they brought is owed, or has begun.
inline constexpr std::int64_t kOver = -1;
inline constexpr std::int64_t kChecking = -2;

/// What else moves the bound; see the connector's README.
struct TrackRule {
  CommitOrder order = CommitOrder::by_floor;
  TrackKind kind = TrackKind::time;
  std::int64_t zone = 0;                ///< of values without a zone: microseconds ahead of UTC
  std::optional<std::int64_t> overlap;  ///< declared: microseconds or numbers
  bool compares = true;                 ///< all rows are compared now and then
};

/// Before the first scan. Pure, as are all here.
Tracked begin_tracking(const Horizon& horizon, const TrackRule& rule);
/// A poll begins: rows from Poll::from on are to be read, and Poll::next_low is the bound that then holds. `before` is what the last poll that
/// looked at transactions saw, if that poll is complete and this one follows it: only transactions that have ended or begun since can have brought
/// anything. A poll that did not look leaves those that were open then to the next one that does, and claims nothing.
Tracked begin_poll(Tracked at, const Horizon& horizon, const std::optional<Horizon>& before, const TrackRule& rule);
Tracked end_poll(Tracked at);

/// A compare of all rows begins, and is complete. What is owed meanwhile stays owed.
void begin_compare(Tracked& at);
void end_compare(Tracked& at);
/// All rows have to be looked at once more: by a compare, or else by the next poll.
void owe_compare(Tracked& at, const TrackRule& rule);

/// At most this many are kept; one that is dropped makes an older one count, which is only more cautious.
inline constexpr std::size_t kLandmarks = 32;
void thin(std::vector<Landmark>& landmarks);

}  // namespace meshgate::odbc
