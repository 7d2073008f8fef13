// By which key each peer is known: Bindings' other half.
#include <algorithm>

#include "gateway/federation/answered.hpp"
#include "gateway/federation/bindings.hpp"
#include "mesh/base64url.hpp"
#include "mesh/key_text.hpp"
#include "mesh/random.hpp"

namespace meshgate::federation {

namespace {

constexpr std::size_t kNonce = 32;

/// The key of the node that answers; empty: it says none, because it is an older one.
Result<std::string> ask_key(net::HttpClient& client, const std::string& url) {
  const std::string nonce = base64url(random_bytes(kNonce));
  auto answer = client.send("GET", url + "/peers/identity?nonce=" + nonce);
  if (!answer) return std::move(answer).error();
  if (auto good = check_protocol(*answer); !good) return std::move(good).error();
  if (answer->status == 429 || answer->status >= 500) return refused(*answer);
  if (answer->status != 200) return std::string();
  auto seal = parse_seal(answer->body);
  if (seal && access::answered(seal->key, nonce, seal->signature)) return std::move(seal->key);
  return Error{Code::corrupt, "the node does not prove the key that it says it has: look at it"};
}

std::string said(const std::string& key) { return key.empty() ? "says none" : "has " + key_text(key); }

}  // namespace

Status Bindings::meet_node(net::HttpClient& client, const Peer& peer) {
  auto asked = ask_key(client, peer.url);
  if (!asked) return std::move(asked).error();
  const std::string& key = *asked;
  if (!peer.identity.empty() && peer.identity != key) {
    note_node(peer, peer.identity, key);
    return Error{Code::conflict, "the node at " + peer.url + " must have key " + key_text(peer.identity) + ", as `identity` says, and " + said(key) + ": look at that node, or change `identity`"};
  }
  const std::lock_guard taking(taking_);
  const auto before = of_peer(peer.name);
  note_node(peer, before && peer.identity.empty() ? before->key : key, key);
  const bool known = before && (before->key == key || peer.identity.empty());
  return key.empty() || known ? Status() : know(peer.name, key);
}

Status Bindings::accept_node(const std::string& peer, const std::string& key) {
  if (std::ranges::find(options_.peers, peer, &Peer::name) == options_.peers.end()) return Error{Code::not_found, "there is no peer '" + peer + "' under `peers:`"};
  const std::lock_guard taking(taking_);
  if (!readable_) return readable_;
  return know(peer, key);
}

Status Bindings::know(const std::string& peer, const std::string& key) {
  BindingFile next = kept();
  next.peers.insert_or_assign(peer, KnownPeer{key, now()});
  return keep(next);
}

void Bindings::note_node(const Peer& peer, const std::string& known, const std::string& met) {
  metrics_.gauge("meshgate_peer_changed", "1 while another node answers at a peer's address than the one it is known as.", {{"peer", peer.name}}).set(known == met ? 0 : 1);
  const std::lock_guard lock(mutex_);
  if (known == met) {
    changed_.erase(peer.name);
    return;
  }
  const auto [at, fresh] = changed_.insert_or_assign(peer.name, met);
  if (!fresh) return;
  log_.warning("federation", peer.name + ": another node answers at " + peer.url + ": it was known by key " + key_text(known) + ", and " + said(met) +
                                 "; if its operator says so, `" + options_.accept + " --peer " + peer.name + " KEY`");
}

std::optional<KnownPeer> Bindings::of_peer(std::string_view peer) const {
  const std::lock_guard lock(mutex_);
  const auto own = kept_.peers.find(peer);
  return own == kept_.peers.end() ? std::nullopt : std::optional(own->second);
}

std::optional<std::string> Bindings::changed(std::string_view peer) const {
  const std::lock_guard lock(mutex_);
  const auto own = changed_.find(peer);
  return own == changed_.end() ? std::nullopt : std::optional(own->second);
}

}  // namespace meshgate::federation
