#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "mesh/result.hpp"

namespace meshgate::ingest {

/// Hours of the week in which a source wants its rest, by the clock on the wall. Pure.
class QuietHours {
 public:
  static constexpr int kMinutes = 7 * 24 * 60;

  /// Adds "Mon-Fri 08:00-18:00", "Sat,Sun", "22:00-06:00" (each day, into the next), … Error::config says what is wrong with it.
  Status add(std::string_view text);
  [[nodiscard]] bool any() const { return minutes_.any(); }
  [[nodiscard]] bool always() const { return minutes_.all(); }
  /// When it ends, if this minute is quiet; both count from Monday 00:00.
  [[nodiscard]] std::optional<int> end_of(int minute) const;

 private:
  std::bitset<kMinutes> minutes_;
};

/// A minute of the week: "18:00", or "Mon 08:00" where it is on another day than `from`.
std::string minute_text(int minute, int from);

}  // namespace meshgate::ingest
