#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "gateway/base/metrics.hpp"
#include "gateway/net/deadline.hpp"
#include "gateway/net/stream.hpp"
#include "mesh/result.hpp"

namespace meshgate::net {

/// A stream with time limits: reading gives up, a reader that takes nothing is cut. On its loop only.
class Connection {
 public:
  struct Limits {
    std::chrono::milliseconds write_time;
    std::size_t write_rate;
  };
  Connection(std::unique_ptr<Stream> stream, Limits limits, base::Counter& sent, base::Counter& received);

  /// Once, first: the handshake, where there is one. False: it failed or was late.
  boost::asio::awaitable<bool> async_open();
  /// Appends what came to `buffer`. False: closed, broken, or late (see late()).
  boost::asio::awaitable<bool> async_read(std::string& buffer);
  /// All of it, or false: the reader is gone or was cut.
  boost::asio::awaitable<bool> async_write(std::span<boost::asio::const_buffer> pieces);
  /// So many bytes of a file from `at` on, which should be resident; the same limits and outcome.
  boost::asio::awaitable<bool> async_send(const File& file, std::uint64_t at, std::size_t bytes);
  /// Ends the conversation so that the peer can still read what was said: sends the end, then takes and drops what comes, briefly.
  boost::asio::awaitable<void> async_linger();

  /// Time for reads from now on, over all of them together.
  void give(std::chrono::milliseconds patience) { reading_.arm(patience); }
  void take_back() { reading_.disarm(); }
  [[nodiscard]] bool late() const { return reading_.expired(); }
  void close();
  [[nodiscard]] bool closed() const { return closed_; }
  /// Bytes sent so far, without those of TLS itself.
  [[nodiscard]] std::uint64_t sent() const { return own_sent_; }
  [[nodiscard]] const Secured* secured() const { return stream_->secured(); }
  [[nodiscard]] boost::asio::any_io_executor loop() { return stream_->loop(); }

 private:
  std::unique_ptr<Stream> stream_;
  Limits limits_;
  base::Counter& sent_;
  base::Counter& received_;
  Deadline reading_;
  Deadline writing_;
  std::uint64_t own_sent_ = 0;
  bool closed_ = false;
};

}  // namespace meshgate::net
