#include "gateway/net/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "gateway/net/open_body.hpp"
#include "gateway/net/request_parser.hpp"
#include "gateway/net/target.hpp"

namespace meshgate::net {

namespace asio = boost::asio;

namespace {

Response too_many(std::chrono::seconds wait, std::string_view request) {
  auto out = problem(429, "too-many-requests", "Too many requests", "more requests came than this node allows in such a time; wait as long as Retry-After says", request);
  out.fields.add("Retry-After", std::to_string(wait.count()));
  return out;
}

std::string_view type_of(unsigned status) {
  switch (status) {
    case 408: return "request-timeout";
    case 413: return "body-too-large";
    case 415: return "content-encoding";
    case 417: return "expectation-failed";
    case 431: return "header-too-large";
    case 501: return "transfer-encoding";
    case 505: return "http-version";
    default: return "bad-request";
  }
}

}  // namespace

Session::Session(std::shared_ptr<House> house, std::unique_ptr<Stream> stream, Visitor visitor)
    : house_(std::move(house)),
      connection_(std::move(stream), {house_->options.write_time, house_->options.write_rate}, house_->sent, house_->received),
      visitor_(std::move(visitor)) {
  house_->open.add(1);
}

Session::~Session() {
  {
    const std::lock_guard lock(house_->mutex);
    house_->sessions.erase(this);
  }
  house_->open.add(-1);
  house_->admission.leave(visitor_.counted);
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
  // A request may be on its way at this moment.
  if (idle_) connection_.give(kLastMoment);
}

asio::awaitable<void> Session::async_run() {
  const auto self = shared_from_this();
  bool another = co_await async_open();
  while (another) {
    another = co_await async_serve();
    if (house_->draining) another = false;
  }
  co_await connection_.async_linger();
}

asio::awaitable<bool> Session::async_open() {
  if (house_->options.certificates == nullptr || visitor_.administrator) co_return true;
  // The dearest thing that a stranger can ask for counts as a request.
  bool open = false;
  if (visitor_.counted.empty() || !house_->overdue(visitor_.address)) {
    connection_.give(house_->options.handshake_time);
    idle_ = true;
    open = co_await connection_.async_open();
    idle_ = false;
  }
  if (open) co_return true;
  house_->handshakes_failed.add();
  connection_.close();
  co_return false;
}

asio::awaitable<bool> Session::async_first_byte() {
  if (!buffer_.empty()) co_return true;
  const auto patience = first_ ? house_->options.header_time : house_->options.idle_time;
  connection_.give(house_->draining ? kLastMoment : patience);
  first_ = false;
  idle_ = true;
  const bool came = co_await connection_.async_read(buffer_);
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

asio::awaitable<bool> Session::async_go_on(const Head& head) {
  if (!buffer_.empty() || head.version != 11 || !has_body(head) || !head.fields.find("Expect")) co_return true;
  constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
  std::array<asio::const_buffer, 1> pieces{asio::const_buffer(kGoOn.data(), kGoOn.size())};
  const std::span<asio::const_buffer> all(pieces);
  co_return co_await connection_.async_write(all);
}

asio::awaitable<bool> Session::async_body(RequestParser& parser, const Head& head, Refused& refused) {
  connection_.give(house_->options.body_time);
  const bool waited_for = co_await async_go_on(head);
  if (!waited_for) co_return false;
  for (;;) {
    std::size_t used = 0;
    refused = parser.take_body(buffer_, used);
    buffer_.erase(0, used);
    if (!refused) refused = check_rest(parser, buffer_, house_->options.header_bytes);
    if (refused) co_return false;
    if (parser.done()) {
      refused = parser.finish();
      co_return !refused.has_value();
    }
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
  if (size > 0 && !refused) co_return co_await async_serve_rest(head, std::move(target), parser);
  connection_.take_back();
  if (refused) co_await async_refuse(std::move(*refused));
  co_return false;
}

asio::awaitable<bool> Session::async_serve_rest(const Head& head, Target target, RequestParser& parser) {
  auto request = request_of(head, std::move(target));
  const auto& handlers = house_->router.route(request);
  if (handlers.open) co_return co_await async_answer_open(std::move(request), head, handlers.open, parser);
  Refused refused;
  const bool whole = co_await async_body(parser, head, refused);
  connection_.take_back();
  if (refused) co_await async_refuse(std::move(*refused));
  if (!whole) co_return false;
  request.body = parser.release_body();
  const auto manner = manner_of(request, head);
  co_return co_await async_answer(std::move(request), handlers.whole, manner, head);
}

asio::awaitable<bool> Session::async_answer_open(Request request, const Head& head, const OpenHandler& handler, RequestParser& parser) {
  const bool waited_for = co_await async_go_on(head);
  connection_.take_back();
  if (!waited_for) co_return false;
  ArrivingBody body(connection_, parser, buffer_, idle_, *house_);
  const Handler answering = [&](const Request& asked, Reply& reply) { return handler(asked, body, reply); };
  auto manner = manner_of(request, head);
  manner.keep_alive = false;  // where the body ends is not waited for
  co_return co_await async_answer(std::move(request), answering, manner, head);
}

Request Session::request_of(const Head& head, Target target) {
  Request out;
  out.method = head.method;
  out.path = std::move(target.path);
  out.query = std::move(target.query);
  out.fields = head.fields;
  out.administrator = visitor_.administrator;
  out.uid = visitor_.uid;
  out.remote = visitor_.administrator ? "unix" : asker(visitor_.address, head.fields, house_->options.proxies).to_string();
  if (const auto* secured = connection_.secured()) out.client = secured->client;
  out.id = house_->ids.of(head.fields.find("X-Request-Id"));
  return out;
}

asio::awaitable<bool> Session::async_answer(Request request, const Handler& handler, const Exchange::Manner& manner, const Head& head) {
  const Taken taken(connection_);
  Exchange exchange(connection_, manner, house_->draining);
  const auto wait = visitor_.administrator ? std::nullopt : house_->overdue(asker(visitor_.address, head.fields, house_->options.proxies));
  bool fine = true;
  if (wait) {
    auto answer = too_many(*wait, request.id);
    (void)co_await exchange.async_send(std::move(answer));
  } else {
    fine = co_await async_handle(handler, request, exchange);
  }
  if (exchange.status() == 0) {
    auto answer = problem(500, "internal", "Internal error", "the node failed to answer; its log says more", request.id);
    (void)co_await exchange.async_send(std::move(answer));
  }
  house_->count(request.route, exchange.status());
  note(taken, exchange, request, head);
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
  const Taken taken(connection_);
  Request unread;
  unread.remote = visitor_.administrator ? "unix" : visitor_.address.to_string();
  unread.id = house_->ids.of(std::nullopt);
  Exchange exchange(connection_, manner_of(unread, Head()), house_->draining);
  exchange.close_after();
  auto answer = problem(refusal.status, type_of(refusal.status), reason(refusal.status), refusal.detail, unread.id);
  if (refusal.status == 415) answer.fields.add("Accept-Encoding", "zstd");
  house_->count({}, refusal.status);
  (void)co_await exchange.async_send(std::move(answer));
  note(taken, exchange, unread, Head());
}

Exchange::Manner Session::manner_of(const Request& request, const Head& head) const {
  Exchange::Manner out;
  out.head_only = head.method == "HEAD";
  out.old = head.version == 10;
  out.keep_alive = keeps_alive(head);
  out.encoding = negotiate(head.fields.find("Accept-Encoding"));
  out.shared_encoding = negotiate_shared(head.fields.find("Accept-Encoding"));
  out.fields.add("X-Request-Id", request.id);
  const auto& cors = house_->options.cors;
  cors.add_to(request, out.fields);
  // For OPTIONS the router leaves the allowed methods as the only capture.
  if (!request.route.empty() && cors.is_preflight(request)) cors.add_preflight(request.captures.front(), out.fields);
  return out;
}

void Session::note(const Taken& taken, const Exchange& exchange, const Request& request, const Head& head) const {
  if (house_->options.access_log == nullptr) return;
  Access access;
  access.at = taken.at;
  access.id = request.id;
  access.remote = request.remote;
  access.person = exchange.person();
  access.client = request.client;
  access.method = request.method;
  access.target = head.target;
  access.route = request.route;
  access.agent = head.fields.find("User-Agent").value_or(std::string_view());
  if (const auto* secured = connection_.secured()) access.tls = secured->version;
  access.status = exchange.status();
  access.bytes = connection_.sent() - taken.sent;
  access.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - taken.clock);
  house_->options.access_log->add(access);
}

}  // namespace meshgate::net
