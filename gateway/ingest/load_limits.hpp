#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "config/keys.hpp"
#include "gateway/ingest/quiet_hours.hpp"
#include "gateway/ingest/time_zone.hpp"
#include "mesh/time.hpp"

namespace meshgate::ingest {

/// How much may be asked of a source, by all its feeds together.
struct LoadLimits {
  std::uint64_t rows = 0;        ///< a second; 0: no limit
  std::uint64_t statements = 0;  ///< open or running at a time; 0: no limit
  std::uint64_t connections = 40;  ///< feeds that are connected at a time
  QuietHours quiet;
  TimeZone zone;  ///< of the quiet hours
  std::string zone_name;

  /// "quiet until 18:00 (Europe/Berlin)", or nothing where this moment is not.
  [[nodiscard]] std::string quiet_at(Micros moment) const;
};

/// The keys under `sources.<name>.limits`.
std::span<const config::Key> limit_keys();
LoadLimits read_limits(const config::Node& limits, config::Secrets& secrets, config::Diagnostics& out);

}  // namespace meshgate::ingest
