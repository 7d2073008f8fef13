#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/odbc/position.hpp"

namespace meshgate::odbc {

/// How often a followed table is gone through as a whole.
struct Schedule {
  std::optional<std::chrono::milliseconds> sweep = std::chrono::minutes(1);  ///< of keys; none: never
  std::optional<std::chrono::milliseconds> verify = std::chrono::hours(24);  ///< of whole rows; none: never
  bool sweep_by_cost = true;  ///< sweep is a default: at most a twentieth of the time is spent on it
};

/// "30s", "5m", "never"; nothing for anything else. Units as everywhere in the configuration: d, h, m, s, ms.
struct Interval {
  std::optional<std::chrono::milliseconds> every;  ///< none: never
};
std::optional<Interval> parse_interval(std::string_view text);

/// What a stream does next.
enum class Turn : std::uint8_t {
  scan,     ///< begins the one scan that a stream without tracking knows, or the first of one with it
  sweep,    ///< begins a sweep
  verify,   ///< begins a compare of all rows
  poll,     ///< begins a poll
  go_on,    ///< goes on with the scan under way
  poll_on,  ///< goes on with the poll under way
  rest,     ///< nothing: what comes next is heavy, and that is not wanted now
};

/// A pure function of how far the table was read. `poll_due`: the scan under way has had its share of time; `light`: no scan is wanted now.
Turn next_turn(const Position& at, const Schedule& schedule, bool poll_due, bool light);

/// Whether a scan is due behind a complete poll, by the database's clock then; otherwise there is nothing to do before the next interval.
bool scan_due(const Tracked& at, const Schedule& schedule);

}  // namespace meshgate::odbc
