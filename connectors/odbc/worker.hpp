#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace meshgate::odbc {

using Clock = std::chrono::steady_clock;

/// How many threads hang in calls to a server that nobody waits for any more. They outlive the connections they come from, so all connections
/// of the process to that server share one count.
using Hanging = std::atomic<int>;
std::shared_ptr<Hanging> hanging_at(const std::string& server);

/// What all who wait on one connection sleep on.
struct Signal {
  explicit Signal(std::shared_ptr<Hanging> count = std::make_shared<Hanging>(0)) : hanging(std::move(count)) {}

  const std::shared_ptr<Hanging> hanging;
  std::mutex mutex;
  std::condition_variable changed;
  bool cancelled = false;
  Clock::time_point cancelled_at;
  int apart = 0;  ///< threads that nobody waits for any more

  void cancel();
  /// The end of a wait that begins now; or began with the cancel, so that many waits one behind the other are no longer than one.
  Clock::time_point end_of(std::chrono::milliseconds wait);
  /// Blocks until there is no thread apart (true) or until then (false).
  bool wait_for_those_apart(Clock::time_point until);

  // With the mutex held.
  void goes_apart() { ++apart, ++*hanging; }
  void has_ended() { --apart, --*hanging; }
};

/// Runs a job on a thread of its own that nobody waits for. The job must own all it touches.
void run_apart(std::shared_ptr<Signal> signal, std::function<void()> job);

/// A thread that runs one job at a time. Drivers may block for ever (a silent network), and no call of theirs can be relied on to stop
/// that, so whoever waits here can walk away: a thread that is still busy when its Worker goes is left behind and ends with its job.
/// A job must therefore own all it touches.
class Worker {
 public:
  explicit Worker(std::shared_ptr<Signal> signal);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start(std::function<void()> job);
  /// What to run once when no job has come for `after`; empty: nothing.
  void when_idle(std::chrono::milliseconds after, std::function<void()> job);
  [[nodiscard]] bool busy() const;
  /// Blocks until idle or served (true), or until then or a cancel (false). `served`, if any, is asked with the mutex held, whenever something changed.
  bool wait(Clock::time_point until, const std::function<bool()>& served = {}) const;
  /// Blocks until idle (true) or until then (false), whether cancelled or not.
  bool wait_on(Clock::time_point until) const;

 private:
  struct State {
    std::shared_ptr<Signal> signal;
    std::function<void()> job;
    std::function<void()> idle_job;
    std::chrono::milliseconds idle_after{0};
    bool busy = false;
    bool quit = false;
    bool apart = false;
  };
  static void loop(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace meshgate::odbc
