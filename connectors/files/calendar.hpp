#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace meshgate::files {

// Dates and times as ISO 8601 writes them; a fraction of up to 6 digits, years 1 to 9999. Anything else: nothing.

/// Days since 1970-01-01 of "2026-01-05".
std::optional<int64_t> parse_date(std::string_view text);
/// Microseconds of the day of "10:15:09.123456".
std::optional<int64_t> parse_time(std::string_view text);
/// Microseconds since 1970 of "2026-01-05T10:15:09" (or a space for the T), without zone.
std::optional<int64_t> parse_timestamp(std::string_view text);
/// The same in UTC, of a text that ends with Z or an offset like +01:00.
std::optional<int64_t> parse_timestamptz(std::string_view text);

}  // namespace meshgate::files
