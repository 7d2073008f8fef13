#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/net/admission.hpp"
#include "gateway/net/rate.hpp"
#include "gateway/net/request_id.hpp"
#include "gateway/net/server.hpp"

namespace meshgate::net {

class Session;

constexpr std::chrono::milliseconds kLastMoment{250};  ///< for a request, once the server drains

/// What all sessions of a server share. Everything is constant or thread safe.
struct House {
  House(ServerOptions chosen, Router routes, base::Log& to, base::Metrics& metrics);

  const ServerOptions options;
  const Router router;
  base::Log& log;
  base::Counter& sent;
  base::Counter& received;
  base::Counter& turned_away;
  base::Counter& limited;
  base::Counter& handshakes_failed;
  base::Gauge& open;
  /// By route, then by status class (0 for none): made at the start, so that requests only look.
  std::map<std::string, std::array<base::Counter*, 6>, std::less<>> answered;
  Admission admission;
  Rate rate;
  Rate rate_per_address;
  RequestIds ids;
  Presence presence;
  std::atomic<bool> draining{false};
  std::mutex mutex;
  std::map<Session*, std::weak_ptr<Session>> sessions;

  void count(std::string_view route, unsigned status);
  /// Counts a request from this address against the rates. Nothing: it may be answered; otherwise how long it should wait.
  std::optional<std::chrono::seconds> overdue(const boost::asio::ip::address& from);
  /// Calls `act` on every session, on its own loop.
  void each(void (Session::*act)());
};

}  // namespace meshgate::net
