#include "gateway/federation/claims.hpp"

#include <simdjson.h>

#include <algorithm>

#include "gateway/federation/answered.hpp"
#include "gateway/federation/bindings.hpp"
#include "gateway/federation/on_pool.hpp"
#include "mesh/base64url.hpp"
#include "mesh/key_text.hpp"
#include "mesh/percent_encoding.hpp"

namespace meshgate::federation {

namespace {

std::string members_of(const access::Seal& seal) { return "\"key\":\"" + key_text(seal.key) + "\",\"signature\":\"" + base64url(seal.signature) + "\""; }

std::string members_of(const StatedClaim& stated) {
  std::string out = "\"uid\":\"" + stated.uid + "\",\"term\":" + std::to_string(stated.claim.term) + ",\"epoch\":\"" + stated.claim.epoch.bits.hex() + "\"";
  return stated.seal.key.empty() ? out : out + "," + members_of(stated.seal);
}

/// False: there is one, and it is none.
bool read_seal(simdjson::dom::element from, access::Seal& into) {
  std::string_view key;
  std::string_view signature;
  if (from["key"].get(key) != simdjson::SUCCESS) return true;
  if (from["signature"].get(signature) != simdjson::SUCCESS) return false;
  auto bytes = parse_key_text(key);
  auto signed_with = decode_base64url(signature);
  if (!bytes || !signed_with) return false;
  into = {std::move(*bytes), std::move(*signed_with)};
  return true;
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
  return read_seal(root, out.seal) ? std::optional(std::move(out)) : std::nullopt;
}

std::string seal_text(const access::Seal& seal) { return "{" + members_of(seal) + "}\n"; }

std::optional<access::Seal> parse_seal(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  access::Seal out;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(root) != simdjson::SUCCESS || !read_seal(root, out) || out.key.empty()) return std::nullopt;
  return out;
}

std::shared_ptr<store::Feed> known(store::Store& store, const std::string& name) {
  const auto names = store.names();
  if (std::ranges::find(names, name) == names.end()) return nullptr;
  auto feed = store.feed(name);
  return feed ? std::move(*feed) : nullptr;
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

Result<StatedClaim> ask_claim(net::HttpClient& client, const std::string& url, const std::string& feed) {
  auto answer = client.send("GET", url + "/feeds/" + percent_encoded(feed) + "/origin");
  if (!answer) return std::move(answer).error();
  if (answer->status == 404) return StatedClaim{};
  if (answer->status != 200) return refused(*answer);
  auto stated = parse_claim(answer->body);
  const Error none{Code::config, "the peer's answer about the origin of the feed is none"};
  if (!stated) return none;
  auto sealed = client.send("GET", url + "/peers/feeds/" + percent_encoded(feed) + "/seal?uid=" + stated->uid);
  if (!sealed) return std::move(sealed).error();
  if (sealed->status != 200) return *stated;
  auto seal = parse_seal(sealed->body);
  if (!seal) return none;
  stated->seal = std::move(*seal);
  return *stated;
}

Result<std::optional<StatedClaim>> tell_claim(net::HttpClient& client, const std::string& url, const std::string& feed, const StatedClaim& stated) {
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  auto answer = client.send("POST", url + "/peers/feeds/" + percent_encoded(feed) + "/claim", claim_text(stated), fields);
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
  const Status met = bindings_.meet(*peer, request.captures[0], *stated);
  if (!met && own_claim(*feed).claim > stated->claim) {
    return net::problem(409, "conflict", "Another origin is newer", met.error().message, request.id, "," + members_of(bindings_.own(*feed)));
  }
  if (!met && (met.error().code == Code::conflict || met.error().code == Code::corrupt)) {
    return net::problem(409, "another-origin", "Another origin", met.error().message, request.id);
  }
  if (!met) return net::problem(503, "unavailable", "Not now", met.error().message, request.id);
  const auto own = store::origination(*feed);
  if (stands && own.superseded) {
    log_.error("federation", peer->name + ": feed " + request.captures[0] + " has another origin since a copy was promoted (term " + std::to_string(own.superseded->term) +
                                 "): this node has stepped down and publishes nothing of it any more");
  }
  return json(200, claim_text(bindings_.own(*feed)));
}

/// To whoever shows that they may read the feed: nobody guesses its uid.
net::Response ClaimDesk::tell_seal(const net::Request& request) {
  const auto feed = known(store_, request.captures[0]);
  const auto stated = feed ? bindings_.own(*feed) : StatedClaim{};
  if (!feed || request.parameter("uid") != stated.uid || stated.seal.key.empty()) {
    return net::problem(404, "not-found", "Not found", "no key of the origin of such a feed is known here", request.id);
  }
  return json(200, seal_text(stated.seal));
}

void ClaimDesk::add_routes(net::Router& router) {
  router.add("GET", "/peers/feeds/{feed}/seal", on_pool(pool_, [this](const net::Request& request) { return tell_seal(request); }));
  router.add("POST", "/peers/feeds/{feed}/claim", on_pool(pool_, [this](const net::Request& request) { return take(request); }));
}

}  // namespace meshgate::federation
