#include "tests/unit/net/server_fixture.hpp"

namespace meshgate::net::test {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> async_echo(const Request& request, Reply& reply) {
  Response answer;
  answer.fields.add("Content-Type", "text/plain");
  answer.body = request.method + " " + request.path + "\n";
  for (const auto& [name, value] : request.query) answer.body.append(name).append("=").append(value).append("\n");
  for (const auto& [name, value] : request.fields.all()) answer.body.append(name).append(": ").append(value).append("\n");
  answer.body.append("remote: ").append(request.remote).append("\nclient: ").append(request.client.empty() ? "none" : request.client).append("\n");
  answer.body.append(request.administrator ? "administrator\n" : "reader\n").append(request.body);
  (void)co_await reply.async_send(std::move(answer));
}

asio::awaitable<void> async_throw(const Request&, Reply&) {
  throw std::runtime_error("a handler that fails");
  co_return;
}

/// A body of so many bytes, in pieces of 64 KiB.
asio::awaitable<void> async_big(const Request& request, Reply& reply) {
  std::size_t left = std::stoull(std::string(request.parameter("size").value_or("100000")));
  Fields fields;
  if (!co_await reply.async_start(200, std::move(fields))) co_return;
  const std::string piece(65536, 'b');
  while (left > 0) {
    const auto now = std::string_view(piece).substr(0, left);
    const Status sent = co_await reply.async_write(now, false);
    if (!sent) co_return;
    left -= now.size();
  }
  (void)co_await reply.async_finish();
}

/// Each line that is whole; one that is too long, and what is refused, end it with the status.
asio::awaitable<void> async_turns(const Request& request, OpenBody& body, Reply& reply) {
  if (request.parameter("no")) {
    Response answer{404, {}, "no"};
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  Fields fields;
  Status sent = co_await reply.async_start(200, std::move(fields));
  std::string held;
  while (sent && !reply.draining()) {
    const auto end = held.find('\n');
    Refused refused;
    if (end == std::string::npos && held.size() > body.most()) refused = Refusal{413, "too long"};
    if (end == std::string::npos && !refused) {
      std::string came;
      const bool more = co_await body.async_read(came, refused);
      held += came;
      if (more) continue;
      if (!refused) break;
    }
    const std::string line = refused ? std::to_string(refused->status) + "\n" : held.substr(0, end + 1);
    sent = co_await reply.async_write(line, true);
    if (refused) break;
    held.erase(0, end + 1);
    body.begin();
  }
  (void)co_await reply.async_finish();
}

}  // namespace

ServerOptions small_limits() {
  ServerOptions out;
  out.header_bytes = 2048;
  out.body_bytes = 1000;
  return out;
}

void ServerFixture::start(const ServerOptions& options) {
  Router router;
  router.add("GET", "/echo", async_echo);
  router.add("POST", "/echo", async_echo);
  router.add("GET", "/throw", async_throw);
  router.add_open("POST", "/turns", async_turns);
  router.add("GET", "/big", async_big);
  router.add("GET", "/hang", [this](const Request&, Reply& reply) -> asio::awaitable<void> {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    (void)co_await bell_.async_wait(bell_.rings(), deadline);
    Response answer;
    answer.body = reply.draining() ? "draining" : "woken";
    (void)co_await reply.async_send(std::move(answer));
  });
  router.add("GET", "/block", [](const Request&, Reply&) -> asio::awaitable<void> {
    base::assert_may_block("a test handler");
    co_return;
  });
  ServerOptions chosen = options;
  chosen.on_drain = [this] { bell_.ring(); };
  auto started = Server::start(chosen, std::move(router), loops_, log_, metrics_);
  ASSERT_TRUE(started) << started.error().message;
  server_ = std::move(*started);
}

}  // namespace meshgate::net::test
