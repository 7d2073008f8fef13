#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace meshgate::ingest {

/// How long to wait before the next attempt: doubles from 250 ms to a cap, with up to a quarter taken off at random so that many
/// sources that failed together do not come back together. Pure: the random bits are given.
class Backoff {
 public:
  explicit Backoff(std::chrono::milliseconds cap = std::chrono::milliseconds(30000)) : cap_(cap) {}

  std::chrono::milliseconds next(std::uint32_t random) {
    const auto full = wait_;
    wait_ = std::min(cap_, wait_ * 2);
    return full - std::chrono::milliseconds(full.count() / 4 * (random % 1024) / 1024);
  }
  void reset() { wait_ = kFirst; }

 private:
  static constexpr std::chrono::milliseconds kFirst{250};
  std::chrono::milliseconds cap_;
  std::chrono::milliseconds wait_ = kFirst;
};

}  // namespace meshgate::ingest
