#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace meshgate::net {

/// How many connections are open, in all and per address. Thread safe.
class Admission {
 public:
  enum class Verdict { admitted, full, address_full };

  Admission(std::size_t most, std::size_t most_per_address) : most_(most), most_per_address_(most_per_address) {}
  /// An empty address counts in all only. What was admitted must leave.
  Verdict enter(const std::string& address);
  void leave(const std::string& address);
  [[nodiscard]] std::size_t count() const;

 private:
  mutable std::mutex mutex_;
  const std::size_t most_;
  const std::size_t most_per_address_;
  std::size_t count_ = 0;
  std::map<std::string, std::size_t> by_address_;
};

/// Counts coroutines that use the server, so that its end can wait for them. Thread safe.
class Presence {
 public:
  void enter();
  void leave();
  /// Blocks until nobody is present, or false when `patience` has passed.
  template <class Duration>
  bool wait_empty(Duration patience) {
    std::unique_lock lock(mutex_);
    return left_.wait_for(lock, patience, [this] { return count_ == 0; });
  }
  /// Blocks.
  void wait_empty();

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t count_ = 0;
};

}  // namespace meshgate::net
