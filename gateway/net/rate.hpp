#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace meshgate::net {

/// How often each of many may do something: `burst` times at once, and then again as time passes, `per_second` times a second. A token bucket
/// kept as one instant for each of them (the generic cell rate algorithm, ITU-T I.371). Thread safe.
class Rate {
 public:
  using Clock = std::chrono::steady_clock;

  /// `per_second` 0: no limit.
  Rate(std::size_t per_second, std::size_t burst);

  /// Nothing: done and counted. Otherwise not counted, and how long until it may be.
  std::optional<Clock::duration> take(const std::string& who, Clock::time_point at);
  /// How many are remembered: those who did something lately.
  [[nodiscard]] std::size_t remembered() const;

 private:
  void forget(Clock::time_point at);

  const Clock::duration interval_;   ///< of one token
  const Clock::duration tolerance_;  ///< of all but one of a full bucket
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Clock::time_point> due_;  ///< when each bucket is full again
  std::size_t forget_at_;
};

}  // namespace meshgate::net
