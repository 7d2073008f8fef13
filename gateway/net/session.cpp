#include "gateway/net/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <vector>

#include "gateway/net/request_parser.hpp"
#include "gateway/net/target.hpp"

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

std::string_view type_of(unsigned status) {
  switch (status) {
    case 408: return "request-timeout";
    case 413: return "body-too-large";
    case 417: return "expectation-failed";
    case 431: return "header-too-large";
    case 501: return "transfer-encoding";
    case 505: return "http-version";
    default: return "bad-request";
  }
}

}  // namespace

House::House(ServerOptions chosen, Router routes, base::Log& to, base::Metrics& metrics)
    : options(std::move(chosen)),
      router(std::move(routes)),
      log(to),
      sent(metrics.counter("meshgate_http_sent_bytes", "Bytes sent to readers.")),
      received(metrics.counter("meshgate_http_received_bytes", "Bytes received from readers.")),
      turned_away(metrics.counter("meshgate_http_connections_refused", "Connections refused because too many were open.")),
      open(metrics.gauge("meshgate_http_connections", "Open connections.")),
      admission(options.connections, options.connections_per_address) {
  for (const auto& pattern : router.patterns()) answered.emplace(pattern, counters_of(metrics, pattern));
  answered.emplace(kUnrouted, counters_of(metrics, kUnrouted));
}

void House::count(std::string_view route, unsigned status) {
  const auto at = answered.find(route.empty() ? kUnrouted : route);
  if (at != answered.end()) at->second[std::min(status / 100, 5U)]->add();
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

Session::Session(std::shared_ptr<House> house, std::unique_ptr<Stream> stream, std::string address, std::string remote)
    : house_(std::move(house)),
      connection_(std::move(stream), {house_->options.write_time, house_->options.write_rate}, house_->sent, house_->received),
      address_(std::move(address)),
      remote_(std::move(remote)) {
  house_->open.add(1);
}

Session::~Session() {
  {
    const std::lock_guard lock(house_->mutex);
    house_->sessions.erase(this);
  }
  house_->open.add(-1);
  house_->admission.leave(address_);
}

void Session::start() {
  house_->presence.enter();
  {
    const std::lock_guard lock(house_->mutex);
    house_->sessions.emplace(this, weak_from_this());
  }
  asio::post(loop(), [self = shared_from_this()] {
    auto ended = [house = self->house_](std::exception_ptr) { house->presence.leave(); };
    asio::co_spawn(self->loop(), self->async_run(), std::move(ended));
  });
}

void Session::end_when_idle() {
  if (idle_) cut();
}

asio::awaitable<void> Session::async_run() {
  const auto self = shared_from_this();
  bool another = true;
  while (another) {
    another = co_await async_serve();
    if (house_->draining) another = false;
  }
  co_await connection_.async_linger();
}

asio::awaitable<bool> Session::async_first_byte() {
  if (!buffer_.empty()) co_return true;
  connection_.give(first_ ? house_->options.header_time : house_->options.idle_time);
  first_ = false;
  idle_ = true;
  bool came = false;
  if (!house_->draining) came = co_await connection_.async_read(buffer_);
  idle_ = false;
  if (!came) connection_.close();
  co_return came;
}

asio::awaitable<std::size_t> Session::async_head(Refused& refused) {
  if (!co_await async_first_byte()) co_return 0;
  connection_.give(house_->options.header_time);
  finder_.clear();
  for (bool leading = true;;) {
    // One empty line before a request is forgiven (RFC 9112 section 2.2).
    if (leading && buffer_.size() >= 2) {
      if (buffer_.starts_with("\r\n")) buffer_.erase(0, 2);
      finder_.clear();
      leading = false;
    }
    const std::size_t size = finder_.find(buffer_, refused);
    if (refused) co_return 0;
    if (std::max(size, size == 0 ? buffer_.size() : 0) > house_->options.header_bytes) {
      refused = Refusal{431, "the header is longer than " + std::to_string(house_->options.header_bytes) + " bytes"};
      co_return 0;
    }
    if (size > 0) co_return size;
    if (co_await connection_.async_read(buffer_)) continue;
    if (connection_.late()) refused = Refusal{408, "the header did not arrive in time"};
    co_return 0;
  }
}

asio::awaitable<bool> Session::async_body(RequestParser& parser, const Head& head, Refused& refused) {
  connection_.give(house_->options.body_time);
  if (buffer_.empty() && head.version == 11 && has_body(head) && head.fields.find("Expect")) {
    constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    std::array<asio::const_buffer, 1> pieces{asio::const_buffer(kGoOn.data(), kGoOn.size())};
    const std::span<asio::const_buffer> all(pieces);
    if (!co_await connection_.async_write(all)) co_return false;
  }
  for (;;) {
    std::size_t used = 0;
    refused = parser.take_body(buffer_, used);
    buffer_.erase(0, used);
    if (!refused && !parser.done() && buffer_.size() > house_->options.header_bytes) {
      refused = Refusal{431, "a chunk's extension or the trailer is longer than a header may be"};
    }
    if (refused) co_return false;
    if (parser.done()) co_return true;
    if (co_await connection_.async_read(buffer_)) continue;
    if (connection_.late()) refused = Refusal{408, "the body did not arrive in time"};
    co_return false;
  }
}

asio::awaitable<bool> Session::async_serve() {
  Refused refused;
  const std::size_t size = co_await async_head(refused);
  Head head;
  Target target;
  RequestParser parser(house_->options.body_bytes);
  if (size > 0) refused = parser.take_head(std::string_view(buffer_).substr(0, size), head);
  if (size > 0 && !refused) refused = parse_target(head.method, head.target, target);
  buffer_.erase(0, size);
  bool whole = false;
  if (size > 0 && !refused) whole = co_await async_body(parser, head, refused);
  connection_.take_back();
  if (refused) co_await async_refuse(std::move(*refused));
  if (!whole) co_return false;
  Request request;
  request.method = head.method;
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  request.fields = head.fields;
  request.body = parser.release_body();
  request.remote = remote_;
  request.administrator = address_.empty();
  request.id = next_id();
  co_return co_await async_answer(std::move(request), head);
}

asio::awaitable<bool> Session::async_answer(Request request, const Head& head) {
  Exchange::Manner manner;
  manner.head_only = head.method == "HEAD";
  manner.old = head.version == 10;
  manner.keep_alive = keeps_alive(head);
  manner.encoding = negotiate(head.fields.find("Accept-Encoding"));
  manner.shared_encoding = negotiate_shared(head.fields.find("Accept-Encoding"));
  Exchange exchange(connection_, manner, house_->draining);
  const Handler& handler = house_->router.route(request);
  const bool fine = co_await async_handle(handler, request, exchange);
  if (exchange.status() == 0) {
    auto answer = problem(500, "internal", "Internal error", "the node failed to answer; its log says more", request.id);
    (void)co_await exchange.async_send(std::move(answer));
  }
  house_->count(request.route, exchange.status());
  if (!fine || !exchange.finished()) {
    // The reader must not take a broken answer for a whole one.
    connection_.close();
  }
  co_return exchange.reusable();
}

asio::awaitable<bool> Session::async_handle(const Handler& handler, const Request& request, Exchange& exchange) {
  std::string why;
  try {
    co_await handler(request, exchange);
    co_return true;
  } catch (const std::exception& error) {
    why = error.what();
  }
  house_->log.error("net", request.method + " " + request.path + " (request " + request.id + ") failed: " + why);
  if (exchange.status() != 0) co_return false;
  exchange.close_after();
  co_return true;
}

asio::awaitable<void> Session::async_refuse(Refusal refusal) {
  Exchange exchange(connection_, Exchange::Manner{}, house_->draining);
  auto answer = problem(refusal.status, type_of(refusal.status), reason(refusal.status), refusal.detail, next_id());
  house_->count({}, refusal.status);
  (void)co_await exchange.async_send(std::move(answer));
}

std::string Session::next_id() {
  static const std::string process = std::to_string(std::chrono::system_clock::now().time_since_epoch().count() / 1000000 % 1000000000);
  return process + "-" + std::to_string(house_->requests.fetch_add(1, std::memory_order_relaxed) + 1);
}

}  // namespace meshgate::net
