#include "gateway/net/connection.hpp"

#include <algorithm>

namespace meshgate::net {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kReadSize = 4096;
constexpr std::size_t kMostLingered = std::size_t{64} << 10U;
constexpr milliseconds kLinger{1000};

/// Takes `bytes` off the front of the pieces; what is left to send.
std::span<asio::const_buffer> after(std::span<asio::const_buffer> pieces, std::size_t bytes) {
  while (!pieces.empty() && bytes >= pieces.front().size()) {
    bytes -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
  if (!pieces.empty()) pieces.front() += bytes;
  return pieces;
}

}  // namespace

Connection::Connection(std::unique_ptr<Stream> stream, Limits limits, base::Counter& sent, base::Counter& received)
    : stream_(std::move(stream)),
      limits_(limits),
      sent_(sent),
      received_(received),
      reading_(stream_->loop(), [this] { stream_->cancel(); }),
      writing_(stream_->loop(), [this] { close(); }) {}

void Connection::close() {
  closed_ = true;
  stream_->close();
}

asio::awaitable<bool> Connection::async_open() {
  if (closed_ || late()) co_return false;
  const auto error = co_await stream_->async_open();
  co_return !error && !closed_ && !late();
}

asio::awaitable<bool> Connection::async_read(std::string& buffer) {
  // A cancel that finds no operation running would be lost: look before.
  if (closed_ || late()) co_return false;
  const std::size_t before = buffer.size();
  buffer.resize(before + kReadSize);
  const auto [error, bytes] = co_await stream_->async_read_some(asio::mutable_buffer(buffer.data() + before, kReadSize));
  buffer.resize(before + bytes);
  received_.add(bytes);
  co_return !error && bytes > 0;
}

asio::awaitable<bool> Connection::async_write(std::span<asio::const_buffer> pieces) {
  const auto total = asio::buffer_size(pieces);
  const auto rate = std::max<std::size_t>(limits_.write_rate, 1);
  const auto end = steady_clock::now() + limits_.write_time + std::chrono::seconds(total / rate);
  pieces = after(pieces, 0);
  while (!pieces.empty()) {
    if (closed_) co_return false;
    writing_.arm(std::min<steady_clock::duration>(limits_.write_time, end - steady_clock::now()));
    const std::span<const asio::const_buffer> rest = pieces;
    const auto [error, bytes] = co_await stream_->async_write_some(rest);
    sent_.add(bytes);
    own_sent_ += bytes;
    if (error) break;
    pieces = after(pieces, bytes);
  }
  writing_.disarm();
  co_return pieces.empty() && !closed_;
}

asio::awaitable<bool> Connection::async_send(const File& file, std::uint64_t at, std::size_t bytes) {
  const auto rate = std::max<std::size_t>(limits_.write_rate, 1);
  const auto end = steady_clock::now() + limits_.write_time + std::chrono::seconds(bytes / rate);
  std::size_t left = bytes;
  while (left > 0) {
    if (closed_) co_return false;
    writing_.arm(std::min<steady_clock::duration>(limits_.write_time, end - steady_clock::now()));
    const auto [error, sent] = co_await stream_->async_send_some(file, at, left);
    sent_.add(sent);
    own_sent_ += sent;
    if (error) break;
    at += sent;
    left -= sent;
  }
  writing_.disarm();
  co_return left == 0 && !closed_;
}

asio::awaitable<void> Connection::async_linger() {
  if (closed_) co_return;
  stream_->finish_sending();
  give(kLinger);
  std::string dropped;
  std::size_t total = 0;
  while (total < kMostLingered) {
    if (!co_await async_read(dropped)) break;
    total += dropped.size();
    dropped.clear();
  }
  close();
}

}  // namespace meshgate::net
