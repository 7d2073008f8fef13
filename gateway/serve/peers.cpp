#include "gateway/serve/peers.hpp"

#include "gateway/net/loops.hpp"
#include "gateway/serve/acts.hpp"
#include "gateway/serve/admission.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/auth.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/parameters.hpp"
#include "gateway/serve/same_origin.hpp"
#include "mesh/base64url.hpp"
#include "mesh/key_text.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;
using access::Role;

namespace {

constexpr std::size_t kLongestNonce = 128;

net::Response identity(const PeersDesk& desk, const net::Request& request) {
  if (auto good = check_parameters(request, {"nonce"}); !good) return failure(request, good.error());
  const auto nonce = request.parameter("nonce").value_or("");
  if (nonce.empty() || nonce.size() > kLongestNonce) return failure(request, {Code::config, "parameter 'nonce' must be what the asker has just made up, of at most 128 bytes"});
  std::string body = "{";
  append_member(body, "key", key_text(desk.identity.key()));
  body += ',';
  append_member(body, "signature", base64url(desk.identity.answer(nonce)));
  return json(body + "}\n");
}

net::Response accept(const PeersDesk& desk, const net::Request& request) {
  if (auto good = check_parameters(request, {"feed", "peer", "key"}); !good) return failure(request, good.error());
  const std::string feed(request.parameter("feed").value_or(""));
  const std::string peer(request.parameter("peer").value_or(""));
  auto key = parse_key_text(request.parameter("key").value_or(""));
  if (feed.empty() == peer.empty() || !key) return failure(request, {Code::config, "say a 'feed' or a 'peer', and its 'key' as GET /admin/peers shows it: ed25519:…"});
  if (auto accepted = desk.accept({feed, peer, std::move(*key)}); !accepted) return failure(request, accepted.error());
  return json("{\"done\":true}\n");
}

/// Why somebody is not answered; `who` is set where that is known.
std::optional<net::Response> refuse(const PeersDesk& desk, const net::Request& request, Role least, access::Principal& who) {
  if (request.administrator) return std::nullopt;
  auto proved = principal_of(desk.sign_in, request);
  if (!proved) return unproved(request, proved.error());
  who = std::move(*proved);
  const auto role = desk.access->role(who);
  if (!role) return turned_away(request, not_sure());
  if (*role == Role::none) return failure(request, {Code::not_found, "there is nothing at " + request.path + "; GET /feeds lists the feeds"});
  if (*role < least) return turned_away(request, {{403, "denied", "Not allowed"}, "you may not use " + request.method + " " + request.route + ": that takes a greater role, which `node.roles` gives"});
  if (!from_elsewhere(request) || request.fields.find("Authorization")) return std::nullopt;
  return turned_away(request, {{403, "denied", "Not allowed"}, "a page of another site asked for this: use a token, or the page of this node"});
}

using Make = std::function<net::Response()>;

asio::awaitable<void> async_made(PeersDesk& desk, const net::Request& request, net::Reply& reply, Make make) {
  const auto answer = std::make_shared<net::Response>();
  std::function<void()> job = [answer, &make] { *answer = make(); };
  const Status ran = co_await net::async_run_blocking(desk.pool, std::move(job));
  if (!ran) *answer = failure(request, ran.error());
  (void)co_await reply.async_send(std::move(*answer));
}

/// For those with a role. An act, and the refusal of somebody, leave a line in the log.
asio::awaitable<void> async_administered(PeersDesk& desk, const net::Request& request, net::Reply& reply, Role least, Make make) {
  access::Principal who;
  auto refusal = refuse(desk, request, least, who);
  reply.asked_by(who.user);
  const bool noted = refusal ? desk.access->role(who).value_or(Role::none) != Role::none : request.method != "GET";
  Make job = [&desk, &request, &who, &refusal, &make, noted] {
    auto answer = unkept(refusal ? std::move(*refusal) : make());
    if (noted) desk.log.audit(act_of(request, name_of(request, who, &desk.sign_in), answer));
    return answer;
  };
  co_await async_made(desk, request, reply, std::move(job));
}

}  // namespace

void PeersDesk::add_routes(net::Router& router) {
  router.add("GET", "/peers/identity", [this](const net::Request& request, net::Reply& reply) {
    Make make = [this, &request] { return unkept(serve::identity(*this, request)); };
    return async_made(*this, request, reply, std::move(make));
  });
  router.add("GET", "/admin/peers", [this](const net::Request& request, net::Reply& reply) {
    Make make = [this] { return json(state()); };
    return async_administered(*this, request, reply, Role::viewer, std::move(make));
  });
  router.add("POST", "/admin/peers/accept", [this](const net::Request& request, net::Reply& reply) {
    Make make = [this, &request] { return serve::accept(*this, request); };
    return async_administered(*this, request, reply, Role::administrator, std::move(make));
  });
}

}  // namespace meshgate::serve
