#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace meshgate::ingest {

/// How many rows a source may still be asked for: so many a second come in, and at most those of one second are kept. Who has taken more
/// than there were waits longer the next time. Pure: the time is given, and never goes back.
class RowBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// At least one row a second.
  RowBudget(std::uint64_t rows_per_second, Time now) : rate_(static_cast<double>(rows_per_second)), rows_(rate_), at_(now) {}

  [[nodiscard]] std::uint64_t there(Time now) {
    come_to(now);
    return rows_ < 1 ? 0 : static_cast<std::uint64_t>(rows_);
  }
  void take(std::uint64_t rows, Time now) {
    come_to(now);
    rows_ -= static_cast<double>(rows);
  }
  /// When so many will be there, if nobody takes any; never if that is more than those of a second.
  [[nodiscard]] Time when(std::uint64_t rows) const {
    const double missing = std::max(0.0, static_cast<double>(rows) - rows_);
    return at_ + std::chrono::ceil<std::chrono::steady_clock::duration>(std::chrono::duration<double>(missing / rate_));
  }

 private:
  void come_to(Time now) {
    rows_ = std::min(rate_, rows_ + std::chrono::duration<double>(now - at_).count() * rate_);
    at_ = now;
  }

  double rate_;
  double rows_;
  Time at_;
};

}  // namespace meshgate::ingest
