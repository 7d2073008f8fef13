#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace meshgate::base {

/// How long to wait after each failure in a row: doubling from `first` to `longest`, each a random half to whole of that, so that
/// many who failed together do not come back together.
class Backoff {
 public:
  using Millis = std::chrono::milliseconds;
  explicit Backoff(Millis first = Millis{250}, Millis longest = Millis{30000}, std::uint64_t seed = std::random_device()()) : first_(first), longest_(longest), random_(seed) {}

  void succeeded() { next_ = Millis{0}; }

  /// At least `asked`, what the other side wants.
  Millis failed(Millis asked = Millis{0}) {
    next_ = next_.count() == 0 ? first_ : std::min(longest_, next_ * 2);
    std::uniform_int_distribution<Millis::rep> spread(next_.count() / 2, next_.count());
    return std::max(asked, Millis{spread(random_)});
  }

 private:
  Millis first_;
  Millis longest_;
  Millis next_{0};
  std::mt19937_64 random_;
};

}  // namespace meshgate::base
