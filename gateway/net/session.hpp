#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/net/admission.hpp"
#include "gateway/net/connection.hpp"
#include "gateway/net/exchange.hpp"
#include "gateway/net/head.hpp"
#include "gateway/net/server.hpp"

namespace meshgate::net {

class Session;

/// What all sessions of a server share. Everything is constant or thread safe.
struct House {
  House(ServerOptions chosen, Router routes, base::Log& to, base::Metrics& metrics);

  const ServerOptions options;
  const Router router;
  base::Log& log;
  base::Counter& sent;
  base::Counter& received;
  base::Counter& turned_away;
  base::Gauge& open;
  /// By route, then by status class (0 for none): made at the start, so that requests only look.
  std::map<std::string, std::array<base::Counter*, 6>, std::less<>> answered;
  Admission admission;
  Presence presence;
  std::atomic<bool> draining{false};
  std::atomic<std::uint64_t> requests{0};
  std::mutex mutex;
  std::map<Session*, std::weak_ptr<Session>> sessions;

  void count(std::string_view route, unsigned status);
  /// Calls `act` on every session, on its own loop.
  void each(void (Session::*act)());
};

/// One connection: reads requests one after the other and has them answered. Lives and dies on its loop.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// `address` counts against the limit per address and has been admitted; empty: the administration socket.
  Session(std::shared_ptr<House> house, std::unique_ptr<Stream> stream, std::string address, std::string remote);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Starts it; it owns itself from then on.
  void start();
  /// Nothing is being answered: close. Otherwise after the answer.
  void end_when_idle();
  void cut() { connection_.close(); }
  [[nodiscard]] boost::asio::any_io_executor loop() { return connection_.loop(); }
  [[nodiscard]] const std::shared_ptr<House>& house() const { return house_; }

 private:
  boost::asio::awaitable<void> async_run();
  /// One request and its answer; whether another may follow.
  boost::asio::awaitable<bool> async_serve();
  /// Fills the buffer up to the end of a head. 0: nothing to serve (the peer left), or refused.
  boost::asio::awaitable<std::size_t> async_head(Refused& refused);
  boost::asio::awaitable<bool> async_first_byte();
  boost::asio::awaitable<bool> async_body(class RequestParser& parser, const Head& head, Refused& refused);
  boost::asio::awaitable<bool> async_answer(Request request, const Head& head);
  boost::asio::awaitable<void> async_refuse(Refusal refusal);
  /// False when the handler threw.
  boost::asio::awaitable<bool> async_handle(const Handler& handler, const Request& request, Exchange& exchange);
  std::string next_id();

  std::shared_ptr<House> house_;
  Connection connection_;
  std::string address_;
  std::string remote_;
  std::string buffer_;
  HeadFinder finder_;
  bool first_ = true;
  bool idle_ = false;
};

}  // namespace meshgate::net
