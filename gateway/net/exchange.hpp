#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "gateway/net/broadcast.hpp"
#include "gateway/net/compressor.hpp"
#include "gateway/net/connection.hpp"
#include "gateway/net/encoding.hpp"
#include "gateway/net/message.hpp"
#include "gateway/net/wire.hpp"

namespace meshgate::net {

/// The answer to one request on a connection.
class Exchange final : public Reply {
 public:
  struct Manner {
    bool head_only = false;   ///< HEAD
    bool old = false;         ///< HTTP/1.0: no chunks
    bool keep_alive = false;  ///< the request allows another one behind it
    std::optional<Encoding> encoding = Encoding::identity;
    std::optional<Encoding> shared_encoding = Encoding::identity;  ///< of an answer put together from shared pieces
    Fields fields;  ///< of every answer, beside its own
  };
  Exchange(Connection& connection, const Manner& manner, const std::atomic<bool>& draining)
      : connection_(connection), manner_(manner), draining_(draining) {}

  boost::asio::awaitable<Status> async_send(Response response) override;
  boost::asio::awaitable<Status> async_send_file(Response head, std::shared_ptr<const File> file, base::BlockingPool& pool) override;
  boost::asio::awaitable<Status> async_start(unsigned status, Fields fields) override;
  boost::asio::awaitable<Status> async_write(std::string_view bytes, bool flush) override;
  boost::asio::awaitable<Status> async_start_shared(unsigned status, Fields fields) override;
  boost::asio::awaitable<Status> async_write_shared(const Broadcast& broadcast) override;
  boost::asio::awaitable<Status> async_finish() override;
  [[nodiscard]] bool draining() const override { return draining_.load(std::memory_order_relaxed); }
  void asked_by(std::string person) override { person_ = std::move(person); }

  /// 0: nothing was answered yet.
  [[nodiscard]] unsigned status() const { return status_; }
  /// The answer is complete and the connection may carry another request.
  [[nodiscard]] bool reusable() const { return finished_ && manner_.keep_alive && !connection_.closed(); }
  [[nodiscard]] bool finished() const { return finished_; }
  /// Who asked, as far as it was said.
  [[nodiscard]] const std::string& person() const { return person_; }
  void close_after() { manner_.keep_alive = false; }

 private:
  boost::asio::awaitable<Status> async_begin(unsigned status, const Fields& fields, Framing framing, std::string_view body);
  boost::asio::awaitable<Status> async_body(const File& file, base::BlockingPool& pool);
  boost::asio::awaitable<Status> async_open(unsigned status, Fields fields);
  boost::asio::awaitable<Status> async_chunk(std::string_view bytes, std::string_view behind);
  /// Sends bytes that are framed already, or need no frame.
  boost::asio::awaitable<Status> async_as_is(std::string_view bytes);
  boost::asio::awaitable<Status> async_pieces(std::string_view bytes);
  boost::asio::awaitable<Status> async_compress(std::string_view bytes, Flush flush);
  [[nodiscard]] Fields encoded(const Fields& fields) const;

  Connection& connection_;
  Manner manner_;
  const std::atomic<bool>& draining_;
  std::unique_ptr<Compressor> compressor_;
  std::optional<GzipChecksum> pieces_;  ///< the answer is gzip put together from pieces; of those sent so far
  std::string compressed_;
  std::string person_;
  unsigned status_ = 0;
  bool chunked_ = false;
  bool finished_ = false;
};

}  // namespace meshgate::net
