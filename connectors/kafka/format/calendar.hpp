#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate::kafka::format {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
/// 0001-01-01 and 10000-01-01, the first day that is too late.
inline constexpr int64_t kFirstDay = -719'162;
inline constexpr int64_t kDaysEnd = 2'932'897;

// Dates and times as ISO 8601 writes them, with years 1 to 9999. A fraction has up to 9 digits, of which those behind the sixth must be 0: anything
// else is nothing.

/// Days since 1970-01-01 of "2026-01-05".
std::optional<int64_t> parse_date(std::string_view text);
/// Microseconds of the day of "10:15:09.123456"; the seconds may be missing.
std::optional<int64_t> parse_time(std::string_view text);
/// Microseconds since 1970 of "2026-01-05T10:15:09" (or a space for the T), without zone.
std::optional<int64_t> parse_timestamp(std::string_view text);
/// The same in UTC, of a text that ends with Z or an offset like +01:00.
std::optional<int64_t> parse_timestamptz(std::string_view text);

/// "2026-01-05", "10:15:09.123456", "2026-01-05T10:15:09.123456": the inverse, within the years above.
void append_date(std::string& out, int64_t days);
void append_time(std::string& out, int64_t micros);
void append_timestamp(std::string& out, int64_t micros);

}  // namespace meshgate::kafka::format
