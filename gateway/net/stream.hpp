#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <span>
#include <string>
#include <tuple>
#include <utility>

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
  void cancel() override { socket_.cancel(ignored_); }
  void finish_sending() override { socket_.shutdown(Socket::shutdown_send, ignored_); }
  void close() override { socket_.close(ignored_); }

 private:
  Socket socket_;
  boost::system::error_code ignored_;
};

}  // namespace meshgate::net
