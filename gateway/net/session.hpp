#pragma once

#include <memory>
#include <string>

#include "gateway/net/access_log.hpp"
#include "gateway/net/connection.hpp"
#include "gateway/net/exchange.hpp"
#include "gateway/net/head.hpp"
#include "gateway/net/house.hpp"

namespace meshgate::net {

/// Who is at the other end of a connection.
struct Visitor {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
  std::string counted;         ///< what it counts as against the limit of connections per address; empty: nothing
  bool administrator = false;  ///< came by the Unix socket
  std::uint32_t uid = ~0U;     ///< of the process that did; all ones: not known
};

/// One connection: reads requests one after the other and has them answered. Lives and dies on its loop.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// The visitor has been admitted.
  Session(std::shared_ptr<House> house, std::unique_ptr<Stream> stream, Visitor visitor);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Starts it; it owns itself from then on.
  void start();
  /// Nothing is being answered: closed in a moment, unless a request comes. Otherwise after the answer.
  void end_when_idle();
  void cut() { connection_.close(); }
  [[nodiscard]] boost::asio::any_io_executor loop() { return connection_.loop(); }
  [[nodiscard]] const std::shared_ptr<House>& house() const { return house_; }

 private:
  /// How things stood when a request had been taken.
  struct Taken {
    explicit Taken(const Connection& connection) : sent(connection.sent()) {}
    Micros at = now();
    std::chrono::steady_clock::time_point clock = std::chrono::steady_clock::now();
    std::uint64_t sent;
  };

  boost::asio::awaitable<void> async_run();
  /// The handshake, where there is one; false: closed.
  boost::asio::awaitable<bool> async_open();
  /// One request and its answer; whether another may follow.
  boost::asio::awaitable<bool> async_serve();
  /// Fills the buffer up to the end of a head. 0: nothing to serve (the peer left), or refused.
  boost::asio::awaitable<std::size_t> async_head(Refused& refused);
  boost::asio::awaitable<bool> async_first_byte();
  boost::asio::awaitable<bool> async_body(class RequestParser& parser, const Head& head, Refused& refused);
  /// Says that the body may come, where it is waited for.
  boost::asio::awaitable<bool> async_go_on(const Head& head);
  /// A request whose head has been taken.
  boost::asio::awaitable<bool> async_serve_rest(const Head& head, struct Target target, class RequestParser& parser);
  /// One whose handler reads the body.
  boost::asio::awaitable<bool> async_answer_open(Request request, const Head& head, const OpenHandler& handler, class RequestParser& parser);
  boost::asio::awaitable<bool> async_answer(Request request, const Handler& handler, const Exchange::Manner& manner, const Head& head);
  boost::asio::awaitable<void> async_refuse(Refusal refusal);
  /// The request that a head and a target make, but for its body.
  [[nodiscard]] Request request_of(const Head& head, struct Target target);
  [[nodiscard]] Exchange::Manner manner_of(const Request& request, const Head& head) const;
  /// False when the handler threw.
  boost::asio::awaitable<bool> async_handle(const Handler& handler, const Request& request, Exchange& exchange);
  /// For the access log.
  void note(const Taken& taken, const Exchange& exchange, const Request& request, const Head& head) const;

  std::shared_ptr<House> house_;
  Connection connection_;
  Visitor visitor_;
  std::string buffer_;
  HeadFinder finder_;
  bool first_ = true;
  bool idle_ = false;
};

}  // namespace meshgate::net
