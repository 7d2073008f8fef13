#include "gateway/net/house.hpp"

#include <boost/asio/post.hpp>
#include <vector>

#include "gateway/net/session.hpp"

namespace meshgate::net {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kUnrouted = "none";

std::array<base::Counter*, 6> counters_of(base::Metrics& metrics, std::string_view route) {
  static constexpr std::array<std::string_view, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  std::array<base::Counter*, 6> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const base::Labels labels{{"route", std::string(route)}, {"status", std::string(kClasses[i])}};
    out[i] = &metrics.counter("meshgate_http_requests", "Requests by route and class of the answer's status.", labels);
  }
  return out;
}

std::size_t burst_of(const ServerOptions& options, std::size_t per_second) { return options.burst == 0 ? per_second * 2 : options.burst; }

}  // namespace

House::House(ServerOptions chosen, Router routes, base::Log& to, base::Metrics& metrics)
    : options(std::move(chosen)),
      router(std::move(routes)),
      log(to),
      sent(metrics.counter("meshgate_http_sent_bytes", "Bytes sent to readers.")),
      received(metrics.counter("meshgate_http_received_bytes", "Bytes received from readers.")),
      turned_away(metrics.counter("meshgate_http_connections_refused", "Connections refused because too many were open.")),
      limited(metrics.counter("meshgate_http_requests_limited", "Requests and handshakes refused because too many came in a short time.")),
      handshakes_failed(metrics.counter("meshgate_tls_handshakes_failed", "Connections that were closed before TLS was agreed on.")),
      open(metrics.gauge("meshgate_http_connections", "Open connections.")),
      admission(options.connections, options.connections_per_address),
      rate(options.requests, burst_of(options, options.requests)),
      rate_per_address(options.requests_per_address, burst_of(options, options.requests_per_address)) {
  for (const auto& pattern : router.patterns()) answered.emplace(pattern, counters_of(metrics, pattern));
  answered.emplace(kUnrouted, counters_of(metrics, kUnrouted));
}

void House::count(std::string_view route, unsigned status) {
  const auto at = answered.find(route.empty() ? kUnrouted : route);
  if (at != answered.end()) at->second[std::min(status / 100, 5U)]->add();
}

std::optional<std::chrono::seconds> House::overdue(const asio::ip::address& from) {
  if (options.requests == 0 && options.requests_per_address == 0) return std::nullopt;
  const auto at = Rate::Clock::now();
  auto wait = rate_per_address.take(counted(from), at);
  if (!wait) wait = rate.take({}, at);
  if (!wait) return std::nullopt;
  limited.add();
  return std::chrono::ceil<std::chrono::seconds>(*wait);
}

void House::each(void (Session::*act)()) {
  std::vector<std::shared_ptr<Session>> all;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [raw, weak] : sessions) {
      if (auto session = weak.lock()) all.push_back(std::move(session));
    }
  }
  // The reference travels with the job: if it is the last one, the session ends on its own loop, and the server waits for that.
  for (auto& one : all) {
    presence.enter();
    const auto loop = one->loop();
    asio::post(loop, [this, session = std::move(one), act]() mutable {
      ((*session).*act)();
      const auto house = session->house();
      session.reset();
      presence.leave();
    });
  }
}

}  // namespace meshgate::net
