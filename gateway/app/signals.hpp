#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <initializer_list>

namespace meshgate::app {

/// Takes SIGINT and SIGTERM (and `more`) away from this and all threads made from here on, so that one thread can wait for them in peace. Made first in a
/// command that runs until it is told to stop. SIGPIPE is ignored: a reader that went is an error value.
class EndSignals {
 public:
  explicit EndSignals(std::initializer_list<int> more = {}) {
    sigemptyset(&set_);
    for (const int one : more) sigaddset(&set_, one);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  /// Blocks until one of them comes, and says which; 0 when the time has passed.
  [[nodiscard]] int wait_for(std::chrono::seconds patience) const {
    const timespec slice{patience.count(), 0};
    return std::max(sigtimedwait(&set_, nullptr, &slice), 0);
  }

  /// Blocks until one of them comes (true), or `over` is set by another thread (false, within a fifth of a second).
  [[nodiscard]] bool wait_unless(const std::atomic<bool>& over) const {
    constexpr timespec kSlice{0, 200000000};
    while (!over) {
      if (sigtimedwait(&set_, nullptr, &kSlice) > 0) return true;
    }
    return false;
  }

 private:
  sigset_t set_{};
};

}  // namespace meshgate::app
