#include "gateway/net/tls_stream.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace meshgate::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kRecord = std::size_t{16} << 10U;  ///< the most that one TLS record carries
constexpr std::size_t kMostAtOnce = 4 * kRecord;
constexpr std::size_t kMostSubject = 512;
constexpr unsigned kTurn = 8; ///< operations without a wait, after which other sessions of the loop have their turn

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

tcp::socket& socket_of(BIO* bio) { return *static_cast<tcp::socket*>(BIO_get_data(bio)); }

int read_socket(BIO* bio, char* into, std::size_t size, std::size_t* bytes) {
  error_code error;
  *bytes = socket_of(bio).read_some(asio::mutable_buffer(into, size), error);
  BIO_clear_retry_flags(bio);
  if (error == asio::error::would_block) BIO_set_retry_read(bio);
  return error ? 0 : 1;
}

int write_socket(BIO* bio, const char* from, std::size_t size, std::size_t* bytes) {
  error_code error;
  *bytes = socket_of(bio).write_some(asio::const_buffer(from, size), error);
  BIO_clear_retry_flags(bio);
  if (error == asio::error::would_block) BIO_set_retry_write(bio);
  return error ? 0 : 1;
}

long control_socket(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

/// How OpenSSL reaches a socket of Asio's: never blocks, raises no SIGPIPE.
const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "asio socket");
    BIO_meth_set_read_ex(out, read_socket);
    BIO_meth_set_write_ex(out, write_socket);
    BIO_meth_set_ctrl(out, control_socket);
    return out;
  }();
  return method;
}

std::string subject_of(const SSL* ssl) {
  const std::unique_ptr<X509, FreeCertificate> certificate(SSL_get1_peer_certificate(ssl));
  const std::unique_ptr<BIO, FreeBio> text(BIO_new(BIO_s_mem()));
  if (!certificate || !text) return {};
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate.get()), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  return std::string(data, std::min(static_cast<std::size_t>(size), kMostSubject));
}

/// What is sent next of the pieces: the first as it is, or several small ones joined in `joined`, so that they share a record.
asio::const_buffer next_piece(std::span<const asio::const_buffer> pieces, std::string& joined) {
  if (pieces.size() == 1 || pieces.front().size() >= kRecord) return pieces.front();
  for (const auto& piece : pieces) joined.append(static_cast<const char*>(piece.data()), std::min(piece.size(), kRecord - joined.size()));
  return asio::const_buffer(joined.data(), joined.size());
}

class TlsStream final : public Stream {
 public:
  TlsStream(tcp::socket socket, std::shared_ptr<const Credentials> credentials)
      : socket_(std::move(socket)), credentials_(std::move(credentials)), ssl_(SSL_new(credentials_->context())) {
    socket_.non_blocking(true, ignored_);
    std::unique_ptr<BIO, FreeBio> bio(BIO_new(socket_method()));
    if (!ssl_ || !bio) return;
    BIO_set_data(bio.get(), &socket_);
    BIO_set_init(bio.get(), 1);
    SSL_set_bio(ssl_.get(), bio.get(), bio.get());
    (void)bio.release();  // it is the connection's now
    SSL_set_accept_state(ssl_.get());
    usable_ = true;
  }

  asio::any_io_executor loop() override { return socket_.get_executor(); }

  asio::awaitable<error_code> async_open() override {
    cancelled_ = false;
    for (;;) {
      const int result = step([](SSL* ssl) { return SSL_do_handshake(ssl); });
      if (result == SSL_ERROR_NONE) break;
      const error_code error = co_await async_wait(result);
      if (error) co_return error;
    }
    secured_ = {SSL_get_version(ssl_.get()), subject_of(ssl_.get())};
    co_return error_code();
  }
  [[nodiscard]] const Secured* secured() const override { return &secured_; }

  asio::awaitable<Transfer> async_read_some(asio::mutable_buffer into) override {
    cancelled_ = false;
    std::size_t bytes = 0;
    for (;;) {
      const int result = step([&](SSL* ssl) { return SSL_read_ex(ssl, into.data(), into.size(), &bytes); });
      if (result == SSL_ERROR_NONE) break;
      const error_code error = co_await async_wait(result);
      if (error) co_return Transfer(error, 0);
    }
    co_await async_give_turn();
    co_return Transfer(error_code(), bytes);
  }

  asio::awaitable<Transfer> async_write_some(std::span<const asio::const_buffer> from) override {
    cancelled_ = false;
    std::string joined;
    const auto piece = next_piece(from, joined);
    std::size_t sent = 0;
    while (sent < std::min(piece.size(), kMostAtOnce)) {
      const auto rest = piece + sent;
      std::size_t bytes = 0;
      const int result = step([&](SSL* ssl) { return SSL_write_ex(ssl, rest.data(), rest.size(), &bytes); });
      sent += bytes;
      if (result == SSL_ERROR_NONE) continue;
      // What was begun is repeated by the next call, which begins where this one ends.
      if (sent > 0 && result == SSL_ERROR_WANT_WRITE) break;
      const error_code error = co_await async_wait(result);
      if (error) co_return Transfer(error, sent);
    }
    co_await async_give_turn();
    co_return Transfer(error_code(), sent);
  }

  void cancel() override {
    cancelled_ = true;
    socket_.cancel(ignored_);
  }
  void finish_sending() override {
    if (usable_ && SSL_is_init_finished(ssl_.get()) == 1) (void)step([](SSL* ssl) { return SSL_shutdown(ssl); });
    socket_.shutdown(tcp::socket::shutdown_send, ignored_);
  }
  void close() override {
    usable_ = false;
    socket_.close(ignored_);
  }

 private:
  /// One operation of OpenSSL's; what it came to (SSL_ERROR_…).
  template <class Operation>
  int step(Operation operation) {
    if (!usable_) return SSL_ERROR_SSL;
    ERR_clear_error();
    const int done = operation(ssl_.get());
    const int result = done > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
    // After these OpenSSL must not be asked again.
    if (result == SSL_ERROR_SSL || result == SSL_ERROR_SYSCALL) usable_ = false;
    return result;
  }

  /// Until the socket can do what OpenSSL wants of it; an error ends the operation.
  asio::awaitable<error_code> async_wait(int wanted) {
    if (wanted == SSL_ERROR_ZERO_RETURN) co_return asio::error::eof;
    if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) co_return asio::error::connection_reset;
    unyielded_ = 0;
    const auto what = wanted == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
    const auto [error] = co_await socket_.async_wait(what, asio::as_tuple(asio::use_awaitable));
    // A cancel may come between the end of the wait and here.
    if (!error && cancelled_) co_return asio::error::operation_aborted;
    co_return error;
  }

  asio::awaitable<void> async_give_turn() {
    if (++unyielded_ < kTurn) co_return;
    unyielded_ = 0;
    co_await asio::post(loop(), asio::use_awaitable);
  }

  tcp::socket socket_;
  std::shared_ptr<const Credentials> credentials_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  Secured secured_;
  error_code ignored_;
  unsigned unyielded_ = 0;
  bool usable_ = false;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Stream> make_tls_stream(tcp::socket socket, std::shared_ptr<const Credentials> credentials) {
  return std::make_unique<TlsStream>(std::move(socket), std::move(credentials));
}

}  // namespace meshgate::net
