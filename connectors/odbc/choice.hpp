#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/odbc/horizon.hpp"
#include "connectors/odbc/schedule.hpp"
#include "connectors/odbc/table.hpp"

namespace meshgate::odbc {

/// What a stream's settings say of how its changes are found.
struct TrackWish {
  std::string track;    ///< a column, "scan", "journal", or empty: to be chosen
  std::string zone;     ///< of times that are kept without one: "UTC", "+01:00"; empty: not said
  std::string overlap;  ///< a duration or a number; empty: none
  Schedule schedule;
  std::chrono::milliseconds keep = std::chrono::hours(168);  ///< of a journal's entries for this reader
};

/// A table of that name is followed by its journal.
inline constexpr std::string_view kJournalTrack = "journal";
/// How often the keys of a table with a journal are read, unless said otherwise: what fires no trigger is seldom.
inline constexpr std::chrono::milliseconds kJournalSweep = std::chrono::hours(1);

/// What goes for a table that is followed by a journal, for people.
std::string journal_note(const TrackWish& wish, const std::string& journal);

/// What the catalogue says of a column as one to track by.
struct ColumnFacts {
  std::string column;
  bool indexed = false;     ///< an index begins with it
  bool kept = false;        ///< the database sets it at each change of a row
  std::int64_t at_once = 1; ///< numbers that a session takes from its sequence at a time
};
std::vector<ColumnFacts> column_facts(const std::vector<std::vector<std::string>>& rows);

/// The column that is tracked, and what a person should know of that.
struct Choice {
  std::string column;  ///< empty: none, the table is scanned
  TrackRule rule;      ///< `order` is the dialect's
  std::string note;    ///< one sentence, or two
};

/// Reads the settings against the table as it is, which has all its columns. Pure. `blind` says whether open transactions are hidden, in which
/// case nothing is chosen without being asked for. Fails (MG_CONFIG) where they do not fit.
sdk::Status choose_track(const TrackWish& wish, const Table& table, const std::vector<ColumnFacts>& facts, Engine engine, Blind blind, Choice& out);

/// The kind of a column's values; none: it cannot be tracked.
std::optional<TrackKind> track_kind(const Column& column);

/// Microseconds ahead of UTC of "UTC", "+01:00", "-0330"; nothing for anything else.
std::optional<std::int64_t> parse_zone(std::string_view text);

/// A bound as text for a comparison with the column's values; empty: there is none, all values count.
std::string bound_text(const Column& column, TrackKind kind, Engine engine, std::int64_t bound);

}  // namespace meshgate::odbc
