#include "connectors/odbc/schedule.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace meshgate::odbc {

namespace {

constexpr std::int64_t kShareOfSweeps = 20;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits = {{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

bool due(std::int64_t since, std::int64_t now, std::int64_t after_us) { return since == 0 || now - since >= after_us; }

std::int64_t micros(std::chrono::milliseconds from) { return std::chrono::microseconds(from).count(); }

/// Also where it is not wanted by itself: what was doubted must be looked at once.
bool verify_due(const Tracked& at, const Schedule& schedule) {
  return at.doubt == kOver || (schedule.verify && due(at.verified, at.clock, micros(*schedule.verify)));
}

bool sweep_due(const Tracked& at, const Schedule& schedule) {
  if (!schedule.sweep) return false;
  const std::int64_t by_cost = schedule.sweep_by_cost ? at.sweep_took * kShareOfSweeps : 0;
  return due(at.swept, at.clock, std::max(micros(*schedule.sweep), by_cost));
}

}  // namespace

std::optional<Interval> parse_interval(std::string_view text) {
  if (text == "never") return Interval{};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, ms] : kUnits) {
    if (name == unit && count <= INT64_MAX / 1000 / ms) return Interval{std::chrono::milliseconds(count * ms)};
  }
  return std::nullopt;
}

bool scan_due(const Tracked& at, const Schedule& schedule) { return verify_due(at, schedule) || sweep_due(at, schedule); }

Turn next_turn(const Position& at, const Schedule& schedule, bool poll_due, bool light) {
  if (light && (!at.tracked || at.pass == Pass::scan)) return Turn::rest;
  if (!at.tracked) return at.pass == Pass::none ? Turn::scan : Turn::go_on;
  const Tracked& tracked = *at.tracked;
  if (at.pass == Pass::scan) return Turn::go_on;
  if (tracked.poll) return Turn::poll_on;
  if (light) return Turn::poll;
  if (at.pass != Pass::none) return poll_due ? Turn::poll : Turn::go_on;
  if (verify_due(tracked, schedule)) return Turn::verify;
  return sweep_due(tracked, schedule) ? Turn::sweep : Turn::poll;
}

}  // namespace meshgate::odbc
