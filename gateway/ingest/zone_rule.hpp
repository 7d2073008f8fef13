#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace meshgate::ingest {

/// How a zone's clocks go year after year, as POSIX writes it in TZ: "CET-1CEST,M3.5.0,M10.5.0/3". Pure.
class ZoneRule {
 public:
  /// Nothing for what is no such text. Summer time must say when it begins and ends.
  static std::optional<ZoneRule> parse(std::string_view text);

  /// Seconds that clocks are ahead of UTC at this moment, in seconds since 1970 UTC.
  [[nodiscard]] std::int64_t ahead_at(std::int64_t utc) const;

 private:
  /// A day of each year and the second of it (which may be one of another day), by the clock that shows until then.
  struct Change {
    enum class Form : std::uint8_t { weekday, day_without_leap, day };  ///< Mm.w.d, Jn, n
    Form form = Form::day;
    unsigned month = 0;
    unsigned week = 0;
    unsigned day = 0;
    std::int64_t second = 7200;

    [[nodiscard]] std::int64_t in(std::chrono::year year) const;
  };
  struct Summer {
    std::int64_t ahead = 0;
    Change begins;
    Change ends;
  };
  class Reader;

  std::int64_t ahead_ = 0;
  std::optional<Summer> summer_;
};

}  // namespace meshgate::ingest
