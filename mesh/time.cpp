#include "mesh/time.hpp"

#include <chrono>

namespace meshgate {

namespace {

/// Writes two digits and gives the place after them.
char* put_two(char* at, unsigned value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
  return at + 2;
}

constexpr std::size_t kDateSize = 10;
constexpr std::size_t kTimeSize = 15;

char* put_date(char* at, std::int64_t days) {
  const CivilDate date = civil(days);
  const auto year = static_cast<unsigned>(date.year);
  at = put_two(put_two(at, year / 100), year % 100);
  *at++ = '-';
  at = put_two(at, date.month);
  *at++ = '-';
  return put_two(at, date.day);
}

char* put_time(char* at, std::int64_t micros_of_day) {
  const auto seconds = static_cast<unsigned>(micros_of_day / 1000000);
  const auto micros = static_cast<unsigned>(micros_of_day % 1000000);
  at = put_two(at, seconds / 3600);
  *at++ = ':';
  at = put_two(at, seconds / 60 % 60);
  *at++ = ':';
  at = put_two(at, seconds % 60);
  *at++ = '.';
  return put_two(put_two(put_two(at, micros / 10000), micros / 100 % 100), micros % 100);
}

/// Reads exactly `width` digits at `at`; -1 when there are not so many.
int digits(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

// Howard Hinnant, "chrono-compatible low-level date algorithms": eras of 400 years that begin in March.
CivilDate civil(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  CivilDate out;
  out.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  out.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  out.year = static_cast<int>(static_cast<std::int64_t>(year_of_era) + era * 400) + (out.month <= 2 ? 1 : 0);
  return out;
}

std::int64_t days_from_civil(const CivilDate& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

bool valid(const CivilDate& date) {
  if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1) return false;
  static constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
  return date.day <= kDays[date.month - 1] + (date.month == 2 && leap ? 1U : 0U);
}

void append_date(std::string& out, std::int64_t days) {
  char text[kDateSize];
  put_date(text, days);
  out.append(text, sizeof text);
}

void append_time(std::string& out, std::int64_t micros_of_day) {
  char text[kTimeSize];
  put_time(text, micros_of_day);
  out.append(text, sizeof text);
}

void append_timestamp(std::string& out, Micros at) {
  std::int64_t days = at.count / kMicrosPerDay;
  std::int64_t rest = at.count % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  char text[kDateSize + 1 + kTimeSize];
  char* end = put_date(text, days);
  *end++ = 'T';
  put_time(end, rest);
  out.append(text, sizeof text);
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const CivilDate date{year, static_cast<unsigned>(month), static_cast<unsigned>(day)};
  if (!valid(date)) return std::nullopt;
  return days_from_civil(date);
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const int hour = digits(text, 0, 2);
  const int minute = digits(text, 3, 2);
  const int second = digits(text, 6, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  std::int64_t fraction = 0;
  if (text.size() > 8) {
    const std::size_t width = text.size() - 9;
    if (text[8] != '.' || width < 1 || width > 6) return std::nullopt;
    fraction = digits(text, 9, width);
    if (fraction < 0) return std::nullopt;
    for (std::size_t i = width; i < 6; ++i) fraction *= 10;
  }
  return ((hour * 60 + minute) * 60 + second) * std::int64_t{1000000} + fraction;
}

std::optional<Micros> parse_timestamp(std::string_view text) {
  if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  const auto days = parse_date(text.substr(0, 10));
  const auto time = parse_time(text.substr(11));
  if (!days || !time) return std::nullopt;
  return Micros{*days * kMicrosPerDay + *time};
}

Micros now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Micros{std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

std::string utc_text(Micros at) {
  std::string out;
  append_timestamp(out, at);
  out += 'Z';
  return out;
}

}  // namespace meshgate
