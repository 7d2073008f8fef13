#include "gateway/ingest/quiet_hours.hpp"

#include <algorithm>
#include <array>

namespace meshgate::ingest {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr int kDay = 24 * 60;

struct Hours {
  int from = 0;
  int to = kDay;
};

/// The two sides of the first `c`, the second one nothing where there is none.
std::pair<std::string_view, std::optional<std::string_view>> parted(std::string_view text, char c) {
  const auto at = text.find(c);
  if (at == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::optional<int> day_of(std::string_view text) {
  const auto at = std::ranges::find(kDays, text);
  return at == kDays.end() ? std::nullopt : std::optional(static_cast<int>(at - kDays.begin()));
}

/// "08:00" to "24:00".
std::optional<int> minute_of(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const int out = ((text[0] - '0') * 10 + text[1] - '0') * 60 + (text[3] - '0') * 10 + text[4] - '0';
  return text[3] > '5' || out > kDay ? std::nullopt : std::optional(out);
}

/// "Mon-Wed,Fri"; false for anything else. "Sat-Mon" goes over the week's end.
bool read_days(std::string_view text, std::bitset<7>& out) {
  for (std::optional<std::string_view> rest = text; rest;) {
    const auto [one, more] = parted(*rest, ',');
    rest = more;
    const auto [first, last] = parted(one, '-');
    const auto from = day_of(first);
    const auto to = last ? day_of(*last) : from;
    if (!from || !to) return false;
    for (int day = *from;; day = (day + 1) % 7) {
      out.set(static_cast<std::size_t>(day));
      if (day == *to) break;
    }
  }
  return true;
}

std::optional<Hours> read_hours(std::string_view text) {
  const auto [first, last] = parted(text, '-');
  const auto from = minute_of(first);
  const auto to = last ? minute_of(*last) : std::nullopt;
  if (!from || !to || from == to || *from == kDay) return std::nullopt;
  return Hours{*from, *to > *from ? *to : *to + kDay};
}

}  // namespace

Status QuietHours::add(std::string_view text) {
  const auto [first, second] = parted(text, ' ');
  std::bitset<7> days;
  const bool has_days = read_days(first, days);
  if (!has_days) days.set();
  std::optional<Hours> hours = Hours{};
  if (second || !has_days) hours = read_hours(second.value_or(first));
  if (!hours || (second && !has_days)) {
    return Error{Code::config, "'" + std::string(text) + "' are no quiet hours: write days, hours or both, such as \"Mon-Fri 08:00-18:00\", \"Sat,Sun\" or \"22:00-06:00\""};
  }
  for (int day = 0; day < 7; ++day) {
    if (!days.test(static_cast<std::size_t>(day))) continue;
    for (int minute = hours->from; minute < hours->to; ++minute) minutes_.set(static_cast<std::size_t>((day * kDay + minute) % kMinutes));
  }
  return {};
}

std::optional<int> QuietHours::end_of(int minute) const {
  if (!minutes_.test(static_cast<std::size_t>(minute)) || always()) return std::nullopt;
  while (minutes_.test(static_cast<std::size_t>(minute))) minute = (minute + 1) % kMinutes;
  return minute;
}

std::string minute_text(int minute, int from) {
  const auto two = [](int number) { return std::string(number < 10 ? "0" : "") + std::to_string(number); };
  const std::string time = two(minute % kDay / 60) + ":" + two(minute % 60);
  return minute / kDay == from / kDay ? time : std::string(kDays[static_cast<std::size_t>(minute / kDay)]) + " " + time;
}

}  // namespace meshgate::ingest
