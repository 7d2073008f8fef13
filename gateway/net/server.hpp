#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/net/cors.hpp"
#include "gateway/net/message.hpp"
#include "gateway/net/origin.hpp"
#include "mesh/result.hpp"

namespace meshgate::net {

class AccessLog;
class Certificates;
class Loops;

/// Routes by method and path pattern: "/feeds/{feed}/items/{id}"; a {…} matches one segment.
class Router {
 public:
  void add(std::string method, std::string pattern, Handler handler);
  void add_open(std::string method, std::string pattern, OpenHandler handler);
  /// One of the two.
  struct Handlers {
    Handler whole;     ///< is given the whole request
    OpenHandler open;  ///< reads the body itself
  };
  /// The handler, with the captures put into the request; or a 404 or 405 handler.
  [[nodiscard]] const Handlers& route(Request& request) const;
  /// Every pattern once, for metrics.
  [[nodiscard]] std::vector<std::string> patterns() const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    Handlers handlers;
  };
  std::vector<Route> routes_;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;             ///< 0: any free one
  std::string administration_socket;  ///< path of a Unix socket (mode 0600) that serves the same routes as administrator; empty: none
  std::size_t header_bytes = 16 << 10U;
  std::size_t body_bytes = 1 << 20U;
  std::size_t connections = 10000;
  std::size_t connections_per_address = 1000;
  std::size_t requests = 0;  ///< a second, in all; 0: no limit
  std::size_t requests_per_address = 0;
  std::size_t burst = 0;  ///< requests at once before the rate holds; 0: what it allows in two seconds
  std::chrono::milliseconds handshake_time{10000};
  std::chrono::milliseconds header_time{10000};
  std::chrono::milliseconds body_time{30000};
  std::chrono::milliseconds write_time{30000};  ///< a reader that takes nothing for so long is cut
  std::size_t write_rate = 1024;                ///< one that takes fewer bytes a second over a whole write is cut too
  std::chrono::milliseconds idle_time{75000};
  std::chrono::milliseconds drain_time{5000};  ///< what Server::drain should be called with
  std::vector<Network> proxies;                ///< whose X-Forwarded-For is believed
  Cors cors;
  const Certificates* certificates = nullptr;  ///< outlives the server; null: in clear
  AccessLog* access_log = nullptr;             ///< outlives the server; null: none
  std::function<void()> on_drain;  ///< called when draining begins and when the server goes: wake whoever waits inside a handler
};

/// Listens and answers. Starting binds; the destructor cuts every connection and blocks until the last handler has returned, so what
/// handlers use must outlive it. From then on the process ignores SIGPIPE.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Router router, Loops& loops, base::Log& log,
                                               base::Metrics& metrics);
  virtual ~Server() = default;

  /// The port bound, and "http://127.0.0.1:7443" or "https://…".
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual std::string url() const = 0;
  /// Accepts no more, tells long answers to end, waits up to `patience` for them. Blocks.
  virtual void drain(std::chrono::milliseconds patience) = 0;
};

}  // namespace meshgate::net
