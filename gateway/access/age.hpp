#pragma once

#include <chrono>

#include "mesh/time.hpp"

namespace meshgate::access {

/// A clock that counts while the machine is awake or asleep, and that nobody can set.
struct Uptime {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Uptime>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};

/// Both clocks at one moment.
struct Moment {
  Uptime::time_point up{};
  Micros wall{0};
};
Moment moment();

/// How long ago something was right. While the node runs only the clock that nobody can set counts. What is written down goes on by the wall clock, but never
/// backwards: a clock that was put back while the node was down makes nothing younger than it was when it was last written down; one that was put forward makes it older,
/// until it is heard anew.
class Age {
 public:
  struct Kept {
    std::chrono::microseconds age{0};
    Micros wall{0};  ///< when it was written down
  };

  /// Heard now: it was right at `as_of`, by the wall clock of who says it.
  static Age heard(Micros as_of, const Moment& at);
  /// Read from where it was written down.
  static Age kept(const Kept& kept, const Moment& at);

  [[nodiscard]] std::chrono::microseconds at(const Moment& at) const;
  [[nodiscard]] Kept keep(const Moment& at) const { return {this->at(at), at.wall}; }

 private:
  Age(std::chrono::microseconds base, Uptime::time_point since) : base_(base), since_(since) {}
  std::chrono::microseconds base_;
  Uptime::time_point since_;
};

}  // namespace meshgate::access
