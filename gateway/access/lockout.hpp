#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace meshgate::access {

/// Slows down who guesses passwords. Counted for a login name and an address together, whether or not there is such a person: nobody can be locked
/// out from elsewhere, and the answer does not tell who exists. After some attempts without success each further one must wait, twice as
/// long as the one before. Memory is bounded: when it is full, whoever has been quiet longest is forgotten. Thread safe.
class Lockout {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr unsigned kFree = 5;  ///< attempts before the first wait
  static constexpr std::chrono::seconds kFirstWait{1};
  static constexpr std::chrono::seconds kLongestWait{900};
  static constexpr std::chrono::hours kForgotten{1};  ///< without an attempt

  explicit Lockout(std::size_t most = 20000) : most_(most) {}

  /// An attempt, which counts as failed until succeeded() is called. Nothing: go on. Otherwise it is not counted, and how long to wait.
  std::optional<std::chrono::seconds> attempt(std::string_view name, std::string_view address, Clock::time_point at);
  void succeeded(std::string_view name, std::string_view address);
  [[nodiscard]] std::size_t remembered() const;

 private:
  struct Attempts {
    unsigned failed = 0;
    Clock::time_point last{};
    Clock::time_point free{};  ///< when the next one may be
  };
  void make_room(Clock::time_point at);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Attempts> attempts_;
};

}  // namespace meshgate::access
