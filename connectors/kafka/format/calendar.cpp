#include "connectors/kafka/format/calendar.hpp"

#include <chrono>

namespace meshgate::kafka::format {

namespace {

constexpr size_t kDateSize = 10;
constexpr size_t kTimestampSize = 16;  // without seconds

/// A number of exactly these digits; -1 when they are not digits.
int64_t digits(std::string_view text) {
  int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return text.empty() ? -1 : value;
}

/// Microseconds of ".123456000".
std::optional<int64_t> fraction_micros(std::string_view text) {
  constexpr size_t kMost = 9;
  if (text.empty()) return 0;
  if (text[0] != '.' || text.size() < 2 || text.size() > kMost + 1) return std::nullopt;
  int64_t nanos = digits(text.substr(1));
  if (nanos < 0) return std::nullopt;
  for (size_t i = text.size() - 1; i < kMost; ++i) nanos *= 10;
  if (nanos % 1000 != 0) return std::nullopt;
  return nanos / 1000;
}

/// Minutes of "Z", "+01:00", "+0100" or "+01", and where it begins.
std::optional<int64_t> zone_minutes(std::string_view text, size_t& begin) {
  if (text.ends_with('Z')) {
    begin = text.size() - 1;
    return 0;
  }
  begin = text.find_last_of("+-");
  if (begin == std::string_view::npos || begin < kTimestampSize) return std::nullopt;
  const std::string_view zone = text.substr(begin + 1);
  const bool colon = zone.size() == 5 && zone[2] == ':';
  if (zone.size() != 2 && zone.size() != 4 && !colon) return std::nullopt;
  const int64_t hours = digits(zone.substr(0, 2));
  const int64_t minutes = zone.size() == 2 ? 0 : digits(zone.substr(colon ? 3 : 2));
  if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) return std::nullopt;
  return (text[begin] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

void append_padded(std::string& out, int64_t number, size_t width) {
  const std::string text = std::to_string(number);
  out.append(width > text.size() ? width - text.size() : 0, '0').append(text);
}

}  // namespace

std::optional<int64_t> parse_date(std::string_view text) {
  if (text.size() != kDateSize || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int64_t year = digits(text.substr(0, 4));
  const int64_t month = digits(text.substr(5, 2));
  const int64_t day = digits(text.substr(8, 2));
  if (year < 1 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<int64_t> parse_time(std::string_view text) {
  if (text.size() < 5 || text[2] != ':') return std::nullopt;
  const bool seconds = text.size() > 5;
  if (seconds && (text.size() < 8 || text[5] != ':')) return std::nullopt;
  const int64_t hour = digits(text.substr(0, 2));
  const int64_t minute = digits(text.substr(3, 2));
  const int64_t second = seconds ? digits(text.substr(6, 2)) : 0;
  const auto fraction = fraction_micros(seconds ? text.substr(8) : std::string_view{});
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || !fraction) return std::nullopt;
  return ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + *fraction;
}

std::optional<int64_t> parse_timestamp(std::string_view text) {
  if (text.size() < kTimestampSize || (text[kDateSize] != 'T' && text[kDateSize] != ' ')) return std::nullopt;
  const auto days = parse_date(text.substr(0, kDateSize));
  const auto time = parse_time(text.substr(kDateSize + 1));
  if (!days || !time) return std::nullopt;
  return *days * kMicrosPerDay + *time;
}

std::optional<int64_t> parse_timestamptz(std::string_view text) {
  size_t begin = 0;
  const auto minutes = zone_minutes(text, begin);
  if (!minutes) return std::nullopt;
  const auto local = parse_timestamp(text.substr(0, begin));
  if (!local) return std::nullopt;
  const int64_t utc = *local - *minutes * 60 * kMicrosPerSecond;
  if (utc < kFirstDay * kMicrosPerDay || utc >= kDaysEnd * kMicrosPerDay) return std::nullopt;
  return utc;
}

void append_date(std::string& out, int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  append_padded(out, static_cast<int>(date.year()), 4);
  append_padded(out += '-', static_cast<unsigned>(date.month()), 2);
  append_padded(out += '-', static_cast<unsigned>(date.day()), 2);
}

void append_time(std::string& out, int64_t micros) {
  const int64_t seconds = micros / kMicrosPerSecond;
  append_padded(out, seconds / 3600, 2);
  append_padded(out += ':', seconds / 60 % 60, 2);
  append_padded(out += ':', seconds % 60, 2);
  append_padded(out += '.', micros % kMicrosPerSecond, 6);
}

void append_timestamp(std::string& out, int64_t micros) {
  int64_t days = micros / kMicrosPerDay;
  if (micros % kMicrosPerDay < 0) --days;
  append_date(out, days);
  append_time(out += 'T', micros - days * kMicrosPerDay);
}

}  // namespace meshgate::kafka::format
