#pragma once

#include <pthread.h>
#include <signal.h>
#include <time.h>

namespace meshgate::ldap {

/// While one lives, writing to a connection that is gone is an error value on this thread and nothing else: the library writes in a way that raises
/// SIGPIPE, and not every host of a connector ignores it. What handler there is does not matter and is not touched.
class QuietPipe {
 public:
  QuietPipe() {
    sigset_t pending;
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~QuietPipe() {
    const timespec at_once{0, 0};
    if (!was_pending_) sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  QuietPipe(const QuietPipe&) = delete;
  QuietPipe& operator=(const QuietPipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

}  // namespace meshgate::ldap
