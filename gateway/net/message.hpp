#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/fields.hpp"
#include "gateway/net/refusal.hpp"
#include "mesh/result.hpp"

namespace meshgate::base {
class BlockingPool;
}

namespace meshgate::net {

class File;

/// A parsed and checked request: exactly one Host, no body tricks, target in origin form.
struct Request {
  std::string method;
  std::string path;                                        ///< percent-decoded per segment is the router's work; this is as sent
  std::vector<std::pair<std::string, std::string>> query;  ///< percent-decoded, in order
  Fields fields;
  std::string body;
  std::string remote;                 ///< the address of who asked, as a trusted proxy tells it; "unix" for the administration socket
  std::string client;                 ///< the subject of the verified certificate that was shown; empty: none
  bool administrator = false;         ///< came over the administration socket
  std::uint32_t uid = ~0U;            ///< of the process that did; all ones: not known
  std::vector<std::string> captures;  ///< what the route's {…} matched, percent-decoded
  std::string id;                     ///< request id for logs
  std::string route;                  ///< the pattern that matched, for metrics; empty: none did

  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  Fields fields;
  std::string body;
};

class Broadcast;

/// Where an answer goes. Either one async_send or async_send_file, or async_start (or async_start_shared), any number of async_write, async_finish. Compression by
/// Accept-Encoding, Content-Length, chunking, Connection and Date are done here. A write returns when the peer has taken the
/// bytes (a slow reader is waited for, up to the write deadline); an error means that the reader is gone: stop.
class Reply {
 public:
  virtual ~Reply() = default;
  [[nodiscard]] virtual boost::asio::awaitable<Status> async_send(Response response) = 0;
  /// A whole file as the body, as it is: what it is encoded in stands in the fields already. What is not in memory is read on the pool first.
  [[nodiscard]] virtual boost::asio::awaitable<Status> async_send_file(Response head, std::shared_ptr<const File> file,
                                                                       base::BlockingPool& pool) = 0;
  [[nodiscard]] virtual boost::asio::awaitable<Status> async_start(unsigned status, Fields fields) = 0;
  /// `flush` sends a compressed stream up to here at once (live lines); without it the compressor may hold bytes back.
  [[nodiscard]] virtual boost::asio::awaitable<Status> async_write(std::string_view bytes, bool flush) = 0;
  /// Starts an answer to which many readers' bytes are sent: identity or gzip, and no compressor of its own. Every async_write reaches the
  /// reader at once.
  [[nodiscard]] virtual boost::asio::awaitable<Status> async_start_shared(unsigned status, Fields fields) = 0;
  /// Sends what others are sent too, in any answer that has started; the caller keeps it until then.
  [[nodiscard]] virtual boost::asio::awaitable<Status> async_write_shared(const Broadcast& broadcast) = 0;
  [[nodiscard]] virtual boost::asio::awaitable<Status> async_finish() = 0;
  /// The server is draining: long answers should end soon.
  [[nodiscard]] virtual bool draining() const = 0;
  /// Whose request it is, for the access log: the anchor of a person. To be said on the loop, before the answer is complete.
  virtual void asked_by(std::string person) = 0;
};

using Handler = std::function<boost::asio::awaitable<void>(const Request&, Reply&)>;

/// The body of a request that is answered while it still comes, unpacked. On the loop.
class OpenBody {
 public:
  virtual ~OpenBody() = default;
  /// Replaces `into` by what has come, some 64 KiB at most. False: it is over, or the peer is gone; or it is refused, and why.
  [[nodiscard]] virtual boost::asio::awaitable<bool> async_read(std::string& into, Refused& refused) = 0;
  /// What comes from now on is a new whole: it may begin as late as a request on an idle connection, and then has the time of a body.
  virtual void begin() = 0;
  /// How long a whole may be: what a body may be.
  [[nodiscard]] virtual std::size_t most() const = 0;
};

/// Answers while the body still comes. The connection carries nothing else afterwards.
using OpenHandler = std::function<boost::asio::awaitable<void>(const Request&, OpenBody&, Reply&)>;

/// An RFC 9457 problem document. `type` is a short stable name ("cursor-gone"), made into a URN; `instance` is the request's id;
/// `more` is further members as JSON, each with its comma in front.
Response problem(unsigned status, std::string_view type, std::string_view title, std::string_view detail, std::string_view instance = {},
                 std::string_view more = {});

}  // namespace meshgate::net
