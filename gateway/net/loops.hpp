#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "gateway/base/blocking.hpp"
#include "mesh/result.hpp"

namespace meshgate::net {

/// Event loops, one thread each; a session lives and dies on one. Loop threads are marked NoBlocking.
class Loops {
 public:
  explicit Loops(std::size_t count);
  ~Loops();
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  /// The next loop in turn.
  [[nodiscard]] boost::asio::any_io_executor next();
  [[nodiscard]] std::size_t count() const;
  /// How late a loop ran its last timer, in seconds: long means that something on it takes too long.
  [[nodiscard]] double lag(std::size_t loop) const;
  /// Ends the threads; what still waits on a loop is destroyed. Blocks.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs a job on the pool and resumes here with what it returned; Code::retry when the pool's queue is full (answer 503). Pass a
/// named function with std::move: g++ 12 miscompiles owning temporaries inside co_await expressions.
boost::asio::awaitable<Status> async_run_blocking(base::BlockingPool& pool, std::function<void()> job);

/// A job that runs on the pool while its starter does something else. The job must own what it touches: the starter may give up.
class Background {
 public:
  /// On the loop that will wait for it.
  Background(base::BlockingPool& pool, boost::asio::any_io_executor loop, std::function<void()> job);
  /// Returns when the job has run; Code::retry when the pool's queue was full, Code::cancelled when the pool stopped before it ran.
  /// Once.
  boost::asio::awaitable<Status> async_join();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Wakes coroutines on many loops from any thread: one per feed. A notification wakes each loop at most once, however many wait.
class Bell {
 public:
  Bell();
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  /// Any thread; never blocks for long.
  void ring();
  /// How often it has rung; read it before looking at the state that is waited for.
  [[nodiscard]] std::uint64_t rings() const;
  /// Returns when it has rung more than `seen` times, or at the deadline (false).
  boost::asio::awaitable<bool> async_wait(std::uint64_t seen, std::chrono::steady_clock::time_point deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshgate::net
