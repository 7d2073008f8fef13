#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshgate::odbc {

/// How far a table has been read. Bytes: "O", version 1, flags (1 scanning, 2 a key follows), fingerprint (8), as_of (8), then per
/// key column its length (4) and bytes; numbers little-endian.
struct Position {
  bool scanning = false;
  std::optional<std::vector<std::string>> key;  ///< of the last row read, as the database writes it; none: before the first row
  std::uint64_t fingerprint = 0;                ///< of the table's and key's names: a Position of another table is refused
  std::int64_t as_of_us = 0;                    ///< the database's clock before the scan began

  bool operator==(const Position&) const = default;
};

std::string encode(const Position& position);
/// Nothing if these are not the bytes of a Position of this version.
std::optional<Position> decode_position(std::string_view bytes);

/// FNV-1a over the names, each with its length in front.
std::uint64_t fingerprint(std::string_view table, const std::vector<std::string>& key);

}  // namespace meshgate::odbc
