#include "gateway/serve/charter.hpp"

#include <charconv>
#include <optional>
#include <string>

#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/parameters.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr unsigned kLongestWait = 60;

/// What is asked: `known` is the version that the node has, `wait` how many seconds it waits for another.
struct CharterQuestion {
  std::string known;
  std::chrono::seconds wait{0};
};

Result<CharterQuestion> read_question(const net::Request& request) {
  if (auto good = check_parameters(request, {"known", "wait"}); !good) return good.error();
  CharterQuestion out;
  out.known = request.parameter("known").value_or("");
  const auto wait = request.parameter("wait").value_or("0");
  unsigned seconds = 0;
  const auto read = std::from_chars(wait.data(), wait.data() + wait.size(), seconds);
  if (read.ec != std::errc() || read.ptr != wait.data() + wait.size() || seconds > kLongestWait) return Error{Code::config, "parameter 'wait' must be a number of seconds, at most 60"};
  out.wait = std::chrono::seconds(seconds);
  return out;
}

/// Of the feeds that the node may read as a node, whoever else it is.
access::Statement statement_for(const CharterDesk& desk, const net::Request& request) {
  const access::Principal node{{}, {}, request.client};
  return desk.statement([&](std::string_view feed) { return request.administrator || desk.access->sight(node, feed) == access::Sight::allowed; });
}

std::optional<net::Response> refuse(const CharterDesk& desk, const net::Request& request, const Result<CharterQuestion>& question) {
  const auto who = principal_of(desk.sign_in, request);
  constexpr const char* kForNodes = "the rules and keys of this node are for nodes that show a certificate";
  if (!request.administrator && request.client.empty()) {
    if (!who || who->user.empty()) return not_signed_in(request, who ? Error{Code::auth, kForNodes} : who.error());
    return unkept(net::problem(403, "denied", "Not allowed", kForNodes, request.id));
  }
  if (!question) return failure(request, question.error());
  return std::nullopt;
}

asio::awaitable<void> async_charter(CharterDesk& desk, const net::Request& request, net::Reply& reply) {
  const auto question = read_question(request);
  auto refusal = refuse(desk, request, question);
  if (refusal) {
    (void)co_await reply.async_send(std::move(*refusal));
    co_return;
  }
  const auto until = steady_clock::now() + question->wait;
  for (;;) {
    const auto rings = desk.bell.rings();
    const auto statement = std::make_shared<access::Statement>();
    std::function<void()> job = [&desk, &request, statement] { *statement = statement_for(desk, request); };
    const Status ran = co_await net::async_run_blocking(desk.pool, std::move(job));
    const bool same = ran && statement->version == question->known;
    if (!same || reply.draining() || steady_clock::now() >= until) {
      if (same) statement->charter.reset();
      auto answer = ran ? unkept(json(access::statement_text(*statement))) : failure(request, ran.error());
      (void)co_await reply.async_send(std::move(answer));
      co_return;
    }
    (void)co_await desk.bell.async_wait(rings, until);
  }
}

}  // namespace

void CharterDesk::add_routes(net::Router& router) {
  router.add("GET", "/peers/charter", [this](const net::Request& request, net::Reply& reply) { return async_charter(*this, request, reply); });
}

}  // namespace meshgate::serve
