#pragma once

#include <span>
#include <string>
#include <string_view>

#include "mesh/result.hpp"
#include "mesh/schema.hpp"
#include "mesh/time.hpp"
#include "mesh/value.hpp"

namespace meshgate {

enum class Operation : std::uint8_t {
  upsert,  ///< the row as it is now
  remove,  ///< the source itself reports that the row is gone; only the key values are set
  present, ///< the row is there, and nothing else is said of it; only the key values are set
};

/// What a connector emits: one row, message or entry. Borrows everything; lives for one call.
struct Record {
  Operation operation = Operation::upsert;
  std::span<const Value> values;  ///< one per field of the source's schema, in its order
  std::string_view fault;         ///< not empty: the source's value cannot be had exactly, and why
  Micros source_time{0};          ///< when the source says it changed; 0: it does not say
  bool late = false;              ///< an earlier read should have shown it as it is now, by the source's own order
};

/// How far a stream has been read for one feed: opaque bytes; only its connector understands them, only the host stores them.
struct Position {
  std::string bytes;
  bool operator==(const Position&) const = default;
};

/// Longest id, key and partition name, in bytes.
inline constexpr std::size_t kMaxIdBytes = 1024;

/// Appends the text of a key: the canonical text of its one value, or the texts of several joined by ',' with '%' and ',' in them
/// escaped as %25 and %2C. Error::bad_record when a value is NULL, empty, too long or has no exact text;
/// `out` is then as it was.
Status append_key(std::string& out, const Schema& schema, std::span<const Value> values);

/// Splits what append_key made into the texts of its values; empty when the escapes or the count are wrong.
std::vector<std::string> split_key(std::string_view key, std::size_t count);

}  // namespace meshgate
