#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace meshgate::bench {

/// Wall clock and processor time of this process since it was made, as run.py reads them.
class Watch {
 public:
  void print(unsigned long long rows) const {
    const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count();
    const double processor = static_cast<double>(std::clock() - processor_) / CLOCKS_PER_SEC;
    std::printf("{\"rows\":%llu,\"wall\":%.6f,\"cpu\":%.6f}\n", rows, wall, processor);
  }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t processor_ = std::clock();
};

[[noreturn]] inline void stop(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

}  // namespace meshgate::bench
