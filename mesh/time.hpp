#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate {

/// Microseconds since 1970-01-01T00:00:00 (UTC where a zone is meant), proleptic Gregorian calendar.
struct Micros {
  std::int64_t count = 0;
  auto operator<=>(const Micros&) const = default;
};

/// The first and the last microsecond that has a four-digit year: 0001-01-01 and 9999-12-31.
inline constexpr Micros kFirstMicros{-62135596800000000};
inline constexpr Micros kLastMicros{253402300799999999};
inline constexpr std::int64_t kFirstDay = -719162;
inline constexpr std::int64_t kLastDay = 2932896;
inline constexpr std::int64_t kMicrosPerDay = 86400000000;

/// Civil date of a day number (days since 1970-01-01) and back.
struct CivilDate {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
};
CivilDate civil(std::int64_t days);
std::int64_t days_from_civil(const CivilDate& date);
/// Whether the date exists (leap years included) and its year is 1 to 9999.
bool valid(const CivilDate& date);

/// Appends "2026-01-05", "10:15:09.123456" and "2026-01-05T10:15:09.123456". Arguments must be in range.
void append_date(std::string& out, std::int64_t days);
void append_time(std::string& out, std::int64_t micros_of_day);
void append_timestamp(std::string& out, Micros at);

/// The inverse of the three above; a fraction may have 0 to 6 digits, the date and time may be parted by 'T' or ' '.
std::optional<std::int64_t> parse_date(std::string_view text);
std::optional<std::int64_t> parse_time(std::string_view text);
std::optional<Micros> parse_timestamp(std::string_view text);

/// The wall clock, and its text with a final Z.
Micros now();
std::string utc_text(Micros at);

}  // namespace meshgate
