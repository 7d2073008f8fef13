#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/ingest/zone_rule.hpp"
#include "mesh/result.hpp"

namespace meshgate::ingest {

/// Where the system keeps the zones' files (RFC 8536).
inline constexpr const char* kZoneFolder = "/usr/share/zoneinfo";

/// The clock on a wall somewhere. Immutable. The standard library of g++ 12 knows no zones, and the C library's one zone is the process's.
class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  /// "UTC", "+01:00", "Europe/Berlin", or "local": the machine's own. Error::config says what to do about a name that is none. Reads a file.
  static Result<TimeZone> named(std::string_view name, const std::string& folder = kZoneFolder);
  /// Out of the bytes of a zone's file; nothing if they are none, or of its first version, which knew no years behind 2037.
  static std::optional<TimeZone> parse(std::string_view bytes);

  /// Seconds that this clock is ahead of UTC at a moment, in seconds since 1970 UTC.
  [[nodiscard]] std::int64_t ahead_at(std::int64_t utc) const;

 private:
  struct Change {
    std::int64_t at = 0;
    std::int64_t ahead = 0;
  };
  class Bytes;

  std::int64_t first_ahead_ = 0;  ///< before the first change
  std::vector<Change> changes_;
  std::optional<ZoneRule> rule_;  ///< behind the last one
};

}  // namespace meshgate::ingest
