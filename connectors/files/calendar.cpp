#include "connectors/files/calendar.hpp"

#include <charconv>
#include <chrono>

namespace meshgate::files {

namespace {

constexpr int64_t kMicrosPerSecond = 1000000;
constexpr int64_t kMicrosPerDay = 86400 * kMicrosPerSecond;

/// A number of exactly these digits; -1 when they are not digits.
int digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return text.empty() ? -1 : value;
}

std::optional<int64_t> fraction_micros(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] != '.' || text.size() < 2 || text.size() > 7) return std::nullopt;
  int64_t value = digits(text.substr(1));
  if (value < 0) return std::nullopt;
  for (size_t i = text.size() - 1; i < 6; ++i) value *= 10;
  return value;
}

/// Minutes of "Z", "+01:00" or "-0530", and where it begins.
std::optional<int64_t> zone_minutes(std::string_view text, size_t& begin) {
  if (text.ends_with('Z')) {
    begin = text.size() - 1;
    return 0;
  }
  begin = text.find_last_of("+-");
  if (begin == std::string_view::npos || begin < 19) return std::nullopt;
  const std::string_view zone = text.substr(begin + 1);
  const int hours = zone.size() >= 2 ? digits(zone.substr(0, 2)) : -1;
  int minutes = 0;
  if (zone.size() == 5 && zone[2] == ':') minutes = digits(zone.substr(3));
  if (zone.size() == 4) minutes = digits(zone.substr(2));
  const bool shape = zone.size() == 2 || zone.size() == 4 || (zone.size() == 5 && zone[2] == ':');
  if (!shape || hours < 0 || hours > 15 || minutes < 0 || minutes > 59) return std::nullopt;
  return (text[begin] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::optional<int64_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = digits(text.substr(0, 4));
  const int month = digits(text.substr(5, 2));
  const int day = digits(text.substr(8, 2));
  if (year < 1 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<int64_t> parse_time(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const int hour = digits(text.substr(0, 2));
  const int minute = digits(text.substr(3, 2));
  const int second = digits(text.substr(6, 2));
  const auto fraction = fraction_micros(text.substr(8));
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || !fraction) return std::nullopt;
  return ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + *fraction;
}

std::optional<int64_t> parse_timestamp(std::string_view text) {
  if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  const auto days = parse_date(text.substr(0, 10));
  const auto time = parse_time(text.substr(11));
  if (!days || !time) return std::nullopt;
  return *days * kMicrosPerDay + *time;
}

std::optional<int64_t> parse_timestamptz(std::string_view text) {
  size_t begin = 0;
  const auto minutes = zone_minutes(text, begin);
  if (!minutes) return std::nullopt;
  const auto local = parse_timestamp(text.substr(0, begin));
  if (!local) return std::nullopt;
  return *local - *minutes * 60 * kMicrosPerSecond;
}

}  // namespace meshgate::files
