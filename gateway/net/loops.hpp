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
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs a job on the pool and resumes here with what it returned; Code::retry when the pool's queue is full (answer 503). Pass a
/// named function with std::move: g++ 12 miscompiles owning temporaries inside co_await expressions.
boost::asio::awaitable<Status> async_run_blocking(base::BlockingPool& pool, std::function<void()> job);

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
