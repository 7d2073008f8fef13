#include "gateway/ingest/load_limits.hpp"

#include <array>

namespace meshgate::ingest {

namespace {

using config::Form;
using config::Key;

constexpr std::array kLimitKeys = {
    Key{.name = "rows", .form = Form::integer, .help = "At most so many rows a second are read; none: as many as come.", .least = 1, .most = 1000000000},
    Key{.name = "statements", .form = Form::integer, .help = "At most so many statements are open or running at a time; none: one a feed.", .least = 1, .most = 10000},
    Key{.name = "connections", .form = Form::integer, .fallback = "40", .help = "At most so many feeds are connected at a time; where there are more they take turns.", .least = 1, .most = 10000},
    Key{.name = "quiet", .form = Form::list, .help = "When no scan is begun or gone on with: days, hours or both, such as \"Mon-Fri 08:00-18:00\"."},
    Key{.name = "zone", .form = Form::text, .fallback = "local", .help = "The time zone of `quiet`: Europe/Berlin, \"+01:00\", UTC, or local, which is the machine's."},
};

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kMonday = 3 * 24 * 60;  // 1970-01-01 was a Thursday

void read_quiet(const config::Section& section, LoadLimits& limits, config::Diagnostics& out) {
  if (!section.has("quiet") && !section.has("zone")) return;
  for (const std::string& hours : section.list("quiet")) {
    if (auto added = limits.quiet.add(hours); !added) out.add(section.place("quiet"), added.error().message);
  }
  if (limits.quiet.always()) out.add(section.place("quiet"), "`quiet` leaves no hour in which the source could be read", "leave some");
  limits.zone_name = section.text("zone");
  auto zone = TimeZone::named(limits.zone_name);
  if (!zone) return out.add(section.place("zone"), zone.error().message);
  limits.zone = std::move(*zone);
}

}  // namespace

std::span<const Key> limit_keys() { return kLimitKeys; }

LoadLimits read_limits(const config::Node& limits, config::Secrets& secrets, config::Diagnostics& out) {
  const config::Section section(limits, kLimitKeys, secrets, out);
  LoadLimits read;
  read.rows = section.has("rows") ? static_cast<std::uint64_t>(section.integer("rows")) : 0;
  read.statements = section.has("statements") ? static_cast<std::uint64_t>(section.integer("statements")) : 0;
  read.connections = static_cast<std::uint64_t>(section.integer("connections"));
  read_quiet(section, read, out);
  return read;
}

std::string LoadLimits::quiet_at(Micros moment) const {
  if (!quiet.any()) return {};
  const std::int64_t utc = moment.count / 1000000;
  const std::int64_t minute = (utc + zone.ahead_at(utc)) / kMinute + kMonday;
  const int at = static_cast<int>(minute % QuietHours::kMinutes);
  const auto end = quiet.end_of(at);
  return end ? "quiet until " + minute_text(*end, at) + " (" + (zone_name == "local" ? "local time" : zone_name) + ")" : std::string();
}

}  // namespace meshgate::ingest
