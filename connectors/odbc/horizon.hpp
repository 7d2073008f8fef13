#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/diagnostics.hpp"

namespace meshgate::odbc {

/// What the values of a tracked column are. As numbers: microseconds as a clock on the wall shows them, or the numbers themselves.
enum class TrackKind : std::uint8_t { time, number };

/// Why a database cannot say which transactions are open. The numbers are those of Dialect::horizon_query().
enum class Blind : std::uint8_t { no = 0, right = 1, replica = 2, switched_off = 3 };

/// The lowest value: before all.
inline constexpr std::int64_t kLowest = INT64_MIN;

/// A transaction that is open: what no other is called (empty: not known), and when it began.
struct OpenTransaction {
  std::string name;
  std::int64_t began = 0;

  bool operator==(const OpenTransaction&) const = default;
};

/// What a snapshot that is taken next has in it.
struct Moment {
  std::int64_t until = 0;  ///< all that was committed before; of a replica, by the clock of the server that is written to; 0: that is not known
  std::int64_t clock = 0;  ///< of the server that is read
  bool replica = false;

  bool operator==(const Moment&) const = default;
};

/// What a database says just before a read of the transactions that could still commit something behind that read. Moments are
/// microseconds of its clock.
struct Horizon {
  std::int64_t clock = 0;
  std::optional<std::int64_t> read_at;  ///< the list of open transactions is not older than this; none: it was not to be had
  std::optional<std::int64_t> oldest;   ///< when the oldest of them began; none: none is open
  std::int64_t floor = kLowest;         ///< no transaction that begins after `clock` brings a value below this
  bool undated = false;                 ///< one is open of which nobody knows when it began
  Blind blind = Blind::no;
  std::optional<std::vector<OpenTransaction>> open;  ///< all of them; none: they were not listed
  std::int64_t until = 0;                            ///< as Moment::until

  bool operator==(const Horizon&) const = default;
};

/// How the order of a column's values goes with that of the commits.
enum class CommitOrder : std::uint8_t {
  same,      ///< one writer at a time: nothing is committed below Horizon::floor any more
  by_start,  ///< a transaction's values are not below the moment at which it began
  by_floor,  ///< a transaction's values are not below the floor of a moment before it began
};

/// Out of the row that Dialect::moment_query() gives; nothing if it is none.
std::optional<Moment> decode_moment(const std::vector<std::string>& row);
/// Out of the row that Dialect::horizon_query() gives; nothing if it is none.
std::optional<Horizon> decode_horizon(const std::vector<std::string>& row, TrackKind kind);

/// A tracked value as a number: digits as they are, "2026-01-05 10:15:09.5…" as microseconds, whatever zone stands behind it. Nothing for
/// what is neither (infinity, years that are not 1 to 9999).
std::optional<std::int64_t> tick_of(TrackKind kind, const std::string& text);

/// Says what keeps a table's bound back, if that is so for longer than a minute; empty: nothing does.
std::string what_holds(const Horizon& horizon);

/// Says that a server is a replica, and how far it has come if that is more than a minute behind; empty: it is none.
std::string how_far(const Moment& moment);
/// Says why a replica is not read that has not come as far as what was read before: rows would go back, and newer ones look deleted.
std::string why_waiting(const Moment& moment, std::int64_t read);

/// Says why changes cannot be followed here and which statement or setting helps; `what` ("table 'orders'") and `column` name what for.
std::string blindness(Blind blind, Engine engine, const Place& place, const std::string& what, const std::string& column);

}  // namespace meshgate::odbc
