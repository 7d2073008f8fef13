#pragma once

#include <sys/sendfile.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <algorithm>
#include <cerrno>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "gateway/net/file.hpp"

namespace meshgate::net {

/// What an operation on a stream came to.
using Transfer = std::tuple<boost::system::error_code, std::size_t>;

/// What TLS agreed on with a client.
struct Secured {
  std::string version;  ///< "TLSv1.3"
  std::string client;   ///< the subject of the certificate it showed and that was verified (RFC 4514); empty: none
};

/// A byte stream whatever carries it (TCP, TLS, a Unix socket), so that sessions are compiled once. On its loop only.
class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual boost::asio::any_io_executor loop() = 0;
  /// Once, before the first byte: a handshake, where there is one.
  virtual boost::asio::awaitable<boost::system::error_code> async_open() { co_return boost::system::error_code(); }
  /// After async_open; null: in clear.
  [[nodiscard]] virtual const Secured* secured() const { return nullptr; }
  virtual boost::asio::awaitable<Transfer> async_read_some(boost::asio::mutable_buffer into) = 0;
  virtual boost::asio::awaitable<Transfer> async_write_some(std::span<const boost::asio::const_buffer> from) = 0;
  /// Sends some of a file's bytes, which should be resident. Streams that must touch the bytes read them first.
  virtual boost::asio::awaitable<Transfer> async_send_some(const File& file, std::uint64_t at, std::size_t most) {
    constexpr std::size_t kMostCopied = std::size_t{64} << 10U;
    std::string copied;
    if (!file.read(at, std::min(most, kMostCopied), copied)) co_return Transfer(boost::asio::error::fault, 0);
    const boost::asio::const_buffer piece(copied.data(), copied.size());
    const std::span<const boost::asio::const_buffer> all(&piece, 1);
    co_return co_await async_write_some(all);
  }
  /// The running operation ends with an error; the stream still works.
  virtual void cancel() = 0;
  /// Nothing more will be sent; the peer may still be read.
  virtual void finish_sending() = 0;
  virtual void close() = 0;
};

template <class Socket>
class SocketStream final : public Stream {
 public:
  explicit SocketStream(Socket socket) : socket_(std::move(socket)) {}

  boost::asio::any_io_executor loop() override { return socket_.get_executor(); }
  boost::asio::awaitable<Transfer> async_read_some(boost::asio::mutable_buffer into) override {
    co_return co_await socket_.async_read_some(into, boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  boost::asio::awaitable<Transfer> async_write_some(std::span<const boost::asio::const_buffer> from) override {
    co_return co_await socket_.async_write_some(from, boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  /// sendfile(2): from the page cache to the socket without a copy of ours.
  boost::asio::awaitable<Transfer> async_send_some(const File& file, std::uint64_t at, std::size_t most) override {
    if (!socket_.native_non_blocking()) socket_.native_non_blocking(true, ignored_);
    for (;;) {
      auto from = static_cast<off_t>(at);
      const ssize_t sent = ::sendfile(socket_.native_handle(), file.descriptor(), &from, most);
      if (sent > 0) co_return Transfer(boost::system::error_code(), static_cast<std::size_t>(sent));
      if (sent == 0) co_return Transfer(boost::asio::error::eof, 0);  // the file has become shorter
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return Transfer(boost::system::error_code(errno, boost::system::system_category()), 0);
      const auto [error] = co_await socket_.async_wait(Socket::wait_write, boost::asio::as_tuple(boost::asio::use_awaitable));
      if (error) co_return Transfer(error, 0);
    }
  }
  void cancel() override { socket_.cancel(ignored_); }
  void finish_sending() override { socket_.shutdown(Socket::shutdown_send, ignored_); }
  void close() override { socket_.close(ignored_); }

 private:
  Socket socket_;
  boost::system::error_code ignored_;
};

}  // namespace meshgate::net
