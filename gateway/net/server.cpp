#include "gateway/net/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>

#include "gateway/net/certificates.hpp"
#include "gateway/net/listen.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/net/session.hpp"
#include "gateway/net/tls_stream.hpp"

namespace meshgate::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kMostTurnedAway = 256;  ///< at once, with an answer; more are closed without
constexpr std::chrono::milliseconds kAcceptPause{100};

Visitor visitor(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  Visitor out;
  out.address = plain(peer.address());
  out.port = peer.port();
  return out;
}

Visitor visitor(asio::local::stream_protocol::socket& socket) {
  Visitor out;
  out.administrator = true;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) out.uid = peer.uid;
  return out;
}

void prepare(asio::ip::tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

void prepare(asio::local::stream_protocol::socket&) {}

std::unique_ptr<Stream> stream_of(const House& house, asio::ip::tcp::socket socket) {
  if (house.options.certificates != nullptr) return make_tls_stream(std::move(socket), house.options.certificates->current());
  return std::make_unique<SocketStream<asio::ip::tcp::socket>>(std::move(socket));
}

std::unique_ptr<Stream> stream_of(const House&, asio::local::stream_protocol::socket socket) {
  return std::make_unique<SocketStream<asio::local::stream_protocol::socket>>(std::move(socket));
}

/// Answers one that is too many, without reading what it asks.
asio::awaitable<void> async_turn_away(std::shared_ptr<House> house, std::unique_ptr<Stream> stream, Admission::Verdict verdict) {
  Connection connection(std::move(stream), {house->options.write_time, house->options.write_rate}, house->sent, house->received);
  const bool full = verdict == Admission::Verdict::full;
  const unsigned status = full ? 503 : 429;
  Exchange::Manner manner;
  const std::string id = house->ids.of(std::nullopt);
  manner.fields.add("X-Request-Id", id);
  auto answer = problem(status, full ? "node-full" : "address-full", full ? "Too many connections" : "Too many connections from one address",
                        full ? "this node has as many connections as it allows; try again, or another node"
                             : "this address has as many connections as it may have; close some", id);
  answer.fields.add("Retry-After", full ? "5" : "30");
  Exchange exchange(connection, manner, house->draining);
  house->count({}, status);
  (void)co_await exchange.async_send(std::move(answer));
  co_await connection.async_linger();
}

template <class Socket>
void welcome(const std::shared_ptr<House>& house, Socket socket, std::atomic<std::size_t>& turned_away) {
  prepare(socket);
  auto who = visitor(socket);
  // A proxy's connections are many people's.
  if (!who.administrator && !is_proxy(who.address, house->options.proxies)) who.counted = counted(who.address);
  const auto verdict = house->admission.enter(who.counted);
  auto stream = stream_of(*house, std::move(socket));
  if (verdict == Admission::Verdict::admitted) {
    std::make_shared<Session>(house, std::move(stream), std::move(who))->start();
    return;
  }
  house->turned_away.add();
  // An answer over TLS would cost a handshake, which is what a flood is after.
  if (house->options.certificates != nullptr && !who.administrator) return;
  if (turned_away.fetch_add(1) >= kMostTurnedAway) {
    turned_away.fetch_sub(1);
    return;
  }
  house->presence.enter();
  auto ended = [house, &turned_away](std::exception_ptr) {
    turned_away.fetch_sub(1);
    house->presence.leave();
  };
  const auto loop = stream->loop();
  asio::co_spawn(loop, async_turn_away(house, std::move(stream), verdict), std::move(ended));
}

class HttpServer final : public Server {
 public:
  HttpServer(std::shared_ptr<House> house, Loops& loops, asio::any_io_executor loop, TcpAcceptor tcp)
      : house_(std::move(house)), loops_(loops), loop_(std::move(loop)), tcp_(std::move(tcp)), local_(loop_) {
    error_code ignored;
    port_ = tcp_.local_endpoint(ignored).port();
  }

  ~HttpServer() override {
    drain(std::chrono::milliseconds(0));
    house_->each(&Session::cut);
    house_->presence.wait_empty();
  }

  void serve_local(LocalAcceptor acceptor) { local_ = std::move(acceptor); }

  void begin() {
    spawn(async_accept(tcp_));
    if (local_.is_open()) spawn(async_accept(local_));
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::string url() const override {
    const auto& address = house_->options.address;
    const bool six = address.find(':') != std::string::npos;
    return (house_->options.certificates == nullptr ? "http://" : "https://") + (six ? "[" + address + "]" : address) + ":" + std::to_string(port_);
  }

  void drain(std::chrono::milliseconds patience) override {
    if (!house_->draining.exchange(true)) close_doors();
    if (house_->options.on_drain) house_->options.on_drain();
    house_->each(&Session::end_when_idle);
    house_->presence.wait_empty(patience);
  }

 private:
  template <class Acceptor>
  asio::awaitable<void> async_accept(Acceptor& acceptor) {
    asio::steady_timer pause(loop_);
    while (acceptor.is_open()) {
      const auto loop = loops_.next();
      auto [error, socket] = co_await acceptor.async_accept(loop, asio::as_tuple(asio::use_awaitable));
      if (!error) {
        welcome(house_, std::move(socket), turned_away_);
      } else if (error != asio::error::connection_aborted && acceptor.is_open()) {
        house_->log.warning("net", "cannot take a connection: " + error.message() + "; raise the limit of open files if this lasts");
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      }
    }
  }

  void spawn(asio::awaitable<void> work) {
    house_->presence.enter();
    auto ended = [house = house_](std::exception_ptr) { house->presence.leave(); };
    asio::co_spawn(loop_, std::move(work), std::move(ended));
  }

  /// The acceptors belong to their loop; their coroutines end, which presence waits for.
  void close_doors() {
    house_->presence.enter();
    asio::post(loop_, [this, house = house_] {
      error_code ignored;
      tcp_.close(ignored);
      if (local_.is_open()) ::unlink(house->options.administration_socket.c_str());
      local_.close(ignored);
      house->presence.leave();
    });
  }

  std::shared_ptr<House> house_;
  Loops& loops_;
  asio::any_io_executor loop_;
  TcpAcceptor tcp_;
  LocalAcceptor local_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> turned_away_{0};
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Router router, Loops& loops, base::Log& log,
                                              base::Metrics& metrics) {
  std::signal(SIGPIPE, SIG_IGN);  // sendfile knows no other way: a reader that went is an error value
  auto loop = loops.next();
  auto tcp = listen_tcp(loop, options.address, options.port);
  if (!tcp) return std::move(tcp).error();
  auto house = std::make_shared<House>(options, std::move(router), log, metrics);
  auto server = std::make_unique<HttpServer>(house, loops, loop, std::move(*tcp));
  if (!options.administration_socket.empty()) {
    auto local = listen_local(loop, options.administration_socket);
    if (!local) return std::move(local).error();
    server->serve_local(std::move(*local));
  }
  for (std::size_t i = 0; i < loops.count(); ++i) {
    metrics.ask("meshgate_loop_lag_seconds", "How late an event loop ran its last timer.", {{"loop", std::to_string(i)}}, [&loops, i] { return loops.lag(i); });
  }
  server->begin();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace meshgate::net
