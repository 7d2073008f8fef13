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

/// How a reader stands with a journal. `token` and `settled` are also in its row in the database: that tells a gateway that was restored, and a
/// database that was.
struct Journaled {
  std::int64_t token = 0;    ///< given to this reader before its first scan
  std::int64_t n = 0;        ///< entries it has read; never falls
  std::int64_t settled = 0;  ///< the n that it knows to stand in its row

  bool operator==(const Journaled&) const = default;
};

/// How far a table has been read. Bytes: "O", version 2, flags (1 a key follows, 2 tracking follows, 4 a journal follows), pass, fingerprint (8), as_of (8), the
/// key, the tracking. A key is the number (4) of its values and for each its length (4) and bytes; the tracking is low, frontier, clock, doubt,
/// swept, verified, sweep_took and shape (8 each), the number (4) of landmarks, clock and floor (8 each) of each, and 0, 1 or 2: no poll; a poll
/// with from, as_of, next_low and greatest (8 each); and with a value and key behind them. The journal is token, n and settled (8 each), and never
/// without tracking. Numbers are little-endian.
struct Position {
  Pass pass = Pass::none;
  std::optional<std::vector<std::string>> key;  ///< of the last row of the pass, as the database writes it; none: before the first row
  std::uint64_t fingerprint = 0;                ///< of what is read, by name: a Position of another table is refused
  std::int64_t as_of_us = 0;                    ///< Moment::until of the pass that is under way, or of the last one; 0: not known
  std::optional<Tracked> tracked;               ///< none: nothing is tracked
  std::optional<Journaled> journaled;           ///< of a journal's polls; of `tracked` only clocks, doubt, shape and poll then count

  bool operator==(const Position&) const = default;
};

std::string encode(const Position& position);
/// Nothing if these are not the bytes of a Position of this version.
std::optional<Position> decode_position(std::string_view bytes);

/// FNV-1a over names, each with its length in front.
std::uint64_t fingerprint(std::string_view table, const std::vector<std::string>& names);

}  // namespace meshgate::odbc
