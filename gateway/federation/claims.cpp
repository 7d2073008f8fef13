#include "gateway/federation/claims.hpp"

#include <simdjson.h>

#include <algorithm>

#include "gateway/federation/answered.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/net/text.hpp"

namespace meshgate::federation {

namespace asio = boost::asio;

namespace {

std::string members_of(const StatedClaim& stated) {
  return "\"uid\":\"" + stated.uid + "\",\"term\":" + std::to_string(stated.claim.term) + ",\"epoch\":\"" + stated.claim.epoch.bits.hex() + "\"";
}

std::shared_ptr<store::Feed> known(store::Store& store, const std::string& name) {
  const auto names = store.names();
  if (std::ranges::find(names, name) == names.end()) return nullptr;
  auto feed = store.feed(name);
  return feed ? std::move(*feed) : nullptr;
}

net::Response json(unsigned status, std::string body) {
  net::Response out;
  out.status = status;
  out.fields.add("Content-Type", "application/json");
  out.fields.add("Cache-Control", "no-store");
  out.body = std::move(body);
  return out;
}

}  // namespace

std::string claim_text(const StatedClaim& stated) { return "{" + members_of(stated) + "}\n"; }

std::optional<StatedClaim> parse_claim(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view uid;
  std::string_view epoch;
  StatedClaim out;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || root["uid"].get(uid) != simdjson::SUCCESS) return std::nullopt;
  if (root["term"].get(out.claim.term) != simdjson::SUCCESS || root["epoch"].get(epoch) != simdjson::SUCCESS) return std::nullopt;
  const auto bits = Bits128::from_hex(epoch);
  if (!bits || !Bits128::from_hex(uid)) return std::nullopt;
  out.uid = uid;
  out.claim.epoch.bits = *bits;
  return out;
}

StatedClaim own_claim(const store::Feed& feed) {
  const auto own = store::origination(feed);
  return {feed.state().uid.bits.hex(), std::max(own.claim, own.superseded.value_or(store::Claim{}))};
}

bool promoted_here(store::Store& store, std::string_view name) {
  const auto feed = known(store, std::string(name));
  if (!feed) return false;
  const auto own = store::origination(*feed);
  return own.here && own.claim.term > 0 && !own.superseded;
}

Status meet_peer(store::Store& store, const std::string& name, const StatedClaim& stated) {
  const auto feed = known(store, name);
  if (!feed || feed->state().uid.bits.hex() != stated.uid) return {};
  if (auto met = store::meet(*feed, stated.claim); !met) return met;
  const auto own = store::origination(*feed);
  if (own.superseded) return store::become_copy(*feed);
  if (!own.here || own.claim.term == 0) return {};
  return Error{Code::conflict, "this node is the origin since it was promoted (term " + std::to_string(own.claim.term) + "): it follows nobody; take `from` away here"};
}

Result<StatedClaim> ask_claim(net::HttpClient& client, const std::string& url, const std::string& feed) {
  auto answer = client.send("GET", url + "/feeds/" + net::percent_encode(feed) + "/origin");
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return StatedClaim{};
  if (answer->status != 200) return refused(*answer);
  auto stated = parse_claim(answer->body);
  if (!stated) return Error{Code::config, "the peer's answer about the origin of the feed is none"};
  return *stated;
}

Result<std::optional<StatedClaim>> tell_claim(net::HttpClient& client, const std::string& url, const std::string& feed, const StatedClaim& stated) {
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  auto answer = client.send("POST", url + "/peers/feeds/" + net::percent_encode(feed) + "/claim", claim_text(stated), fields);
  if (!answer) return std::move(answer).error();
  if (answer->status == 409) return parse_claim(answer->body);
  return std::optional<StatedClaim>();
}

const Peer* ClaimDesk::named(const net::Request& request) const {
  const auto peer = std::ranges::find_if(options_.peers, [&](const Peer& one) { return !one.subject.empty() && one.subject == request.client; });
  return peer == options_.peers.end() ? nullptr : &*peer;
}

net::Response ClaimDesk::take(const net::Request& request) {
  const Peer* peer = named(request);
  const auto feed = known(store_, request.captures[0]);
  const auto stated = parse_claim(request.body);
  if (peer == nullptr || !feed || !stated || feed->state().uid.bits.hex() != stated->uid) {
    return net::problem(404, "not-found", "Not found", "nobody with this certificate says here which node is the origin of such a feed; the peer's `subject` decides", request.id);
  }
  const bool stands = !store::origination(*feed).superseded;
  const Status met = store::meet(*feed, stated->claim);
  if (!met && met.error().code == Code::conflict) {
    return net::problem(409, "conflict", "Another origin is newer", met.error().message, request.id, "," + members_of(own_claim(*feed)));
  }
  if (!met) return net::problem(503, "unavailable", "Not now", met.error().message, request.id);
  const auto own = store::origination(*feed);
  if (stands && own.superseded) {
    log_.error("federation", peer->name + ": feed " + request.captures[0] + " has another origin since a copy was promoted (term " + std::to_string(own.superseded->term) +
                                 "): this node has stepped down and publishes nothing of it any more");
  }
  return json(200, claim_text(own_claim(*feed)));
}

void ClaimDesk::add_routes(net::Router& router) {
  router.add("POST", "/peers/feeds/{feed}/claim", [this](const net::Request& request, net::Reply& reply) -> asio::awaitable<void> {
    const auto answer = std::make_shared<net::Response>();
    std::function<void()> job = [this, answer, &request] { *answer = take(request); };
    const Status ran = co_await net::async_run_blocking(pool_, std::move(job));
    if (!ran) *answer = net::problem(503, "unavailable", "Not now", ran.error().message, request.id);
    (void)co_await reply.async_send(std::move(*answer));
  });
}

}  // namespace meshgate::federation
