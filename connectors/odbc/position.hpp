#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/odbc/tracking.hpp"

namespace meshgate::odbc {

/// The scan of a table that is under way.
enum class Pass : std::uint8_t {
  none,
  scan,    ///< the only kind where nothing is tracked; otherwise the first one
  sweep,   ///< keys only
  verify,  ///< all rows, once more
};

/// How far a table has been read. Bytes: "O", version 2, flags (1 a key follows, 2 tracking follows), pass, fingerprint (8), as_of (8), the
/// key, the tracking. A key is the number (4) of its values and for each its length (4) and bytes; the tracking is low, frontier, clock, doubt,
/// swept, verified, sweep_took and shape (8 each), the number (4) of landmarks, clock and floor (8 each) of each, and 0, 1 or 2: no poll; a poll
/// with from, as_of, next_low and greatest (8 each); and with a value and key behind them. Numbers are little-endian.
struct Position {
  Pass pass = Pass::none;
  std::optional<std::vector<std::string>> key;  ///< of the last row of the pass, as the database writes it; none: before the first row
  std::uint64_t fingerprint = 0;                ///< of what is read, by name: a Position of another table is refused
  std::int64_t as_of_us = 0;                    ///< Moment::until of the pass that is under way, or of the last one; 0: not known
  std::optional<Tracked> tracked;               ///< none: nothing is tracked

  bool operator==(const Position&) const = default;
};

std::string encode(const Position& position);
/// Nothing if these are not the bytes of a Position of this version.
std::optional<Position> decode_position(std::string_view bytes);

/// FNV-1a over names, each with its length in front.
std::uint64_t fingerprint(std::string_view table, const std::vector<std::string>& names);

}  // namespace meshgate::odbc
