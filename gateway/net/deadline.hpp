#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace meshgate::net {

/// Calls `late` on the loop when an armed time has passed. Arming is cheap: one timer runs behind the time that counts. Not tied to
/// the stream's own expiry, which is unsound in Beast 1.81.
class Deadline {
 public:
  Deadline(boost::asio::any_io_executor loop, std::function<void()> late);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Replaces what was armed.
  void arm(std::chrono::steady_clock::duration patience);
  void disarm();
  /// The time that was armed last has passed.
  [[nodiscard]] bool expired() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshgate::net
