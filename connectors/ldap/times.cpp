#include "connectors/ldap/times.hpp"

#include <array>
#include <charconv>
#include <chrono>

namespace meshgate::ldap {

std::optional<std::int64_t> micros_of(std::string_view generalized) {
  constexpr size_t kDigits = 14;
  if (generalized.size() < kDigits + 1 || generalized.back() != 'Z') return std::nullopt;
  std::array<int, 6> parts{};
  for (size_t i = 0, at = 0; i < parts.size(); ++i) {
    const size_t size = i == 0 ? 4 : 2;
    const auto [end, failed] = std::from_chars(generalized.data() + at, generalized.data() + at + size, parts[i]);
    if (failed != std::errc{} || end != generalized.data() + at + size) return std::nullopt;
    at += size;
  }
  using namespace std::chrono;
  const year_month_day day = year(parts[0]) / parts[1] / parts[2];
  if (!day.ok()) return std::nullopt;
  const auto time = sys_days(day) + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5]);
  return duration_cast<microseconds>(time.time_since_epoch()).count();
}

std::string generalized_time(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string out = std::to_string(static_cast<int>(date.year()));
  for (const auto part : {static_cast<long>(static_cast<unsigned>(date.month())), static_cast<long>(static_cast<unsigned>(date.day())), clock.hours().count(), clock.minutes().count(),
                          static_cast<long>(clock.seconds().count())}) {
    if (part < 10) out += '0';
    out += std::to_string(part);
  }
  return out + "Z";
}

}  // namespace meshgate::ldap
