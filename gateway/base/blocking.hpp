#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace meshgate::base {

/// Marks the calling thread as one that must never block (an event loop), for as long as the object lives.
class NoBlocking {
 public:
  NoBlocking();
  ~NoBlocking();
  NoBlocking(const NoBlocking&) = delete;
  NoBlocking& operator=(const NoBlocking&) = delete;
};

/// Ends the process, naming `what`, when called on a thread marked NoBlocking: our own mistake, found in tests.
void assert_may_block(const char* what);

/// Threads for work that waits on disks and libraries. Knows no event loop.
class BlockingPool {
 public:
  BlockingPool(std::size_t threads, std::size_t most_waiting);
  /// Finishes what runs, drops what waits.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// False when too many jobs wait already: the caller answers "overloaded". A dropped or refused job is destroyed without a call.
  [[nodiscard]] bool submit(std::function<void()> job);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  const std::size_t most_waiting_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace meshgate::base
