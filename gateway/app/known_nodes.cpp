#include "gateway/app/known_nodes.hpp"

#include <algorithm>

#include "gateway/app/peer_state.hpp"
#include "mesh/json_text.hpp"
#include "mesh/key_text.hpp"
#include "mesh/time.hpp"
#include "mesh/value.hpp"

namespace meshgate::app {

namespace {

using federation::Options;
using federation::Peer;

void append(std::string& out, const char* name, std::string_view text) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, text);
}

void append(std::string& out, const char* name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.append(",\"").append(name).append("\":");
  append_json_texts(out, texts);
}

std::vector<std::string> followed_from(const Options& options, std::size_t peer) {
  std::vector<std::string> out;
  for (const auto& feed : options.feeds) {
    if (std::ranges::find(feed.peers, peer) != feed.peers.end()) out.push_back(feed.name);
  }
  return out;
}

/// How the feeds do that come from the peer at the moment.
std::string state_of_peer(const Peer& peer, const std::vector<std::string>& feeds, const federation::Federation* running) {
  if (running == nullptr) return "this node does not run";
  std::string out;
  for (const auto& feed : feeds) {
    const auto standing = running->standing(feed);
    if (!standing || standing->peer != peer.name) continue;
    if (standing->state == federation::Standing::State::failing) return std::string(word(standing->state));
    out = word(standing->state);
  }
  return out;
}

/// When the peer was heard last, and what it speaks; as GET /mesh has it.
void append_contact(std::string& out, const serve::MeshPeer& peer) {
  Micros last{0};
  std::string protocol;
  for (const auto& link : peer.links) {
    last = std::max(last, link.last);
    if (!link.protocol.empty()) protocol = link.protocol;
  }
  if (last.count != 0) append(out, "last", utc_text(last));
  if (!protocol.empty()) append(out, "protocol", protocol);
}

void append_peer(std::string& out, const Options& options, std::size_t number, const federation::Bindings& bindings, const federation::Federation* running) {
  const Peer& peer = options.peers[number];
  const auto feeds = followed_from(options, number);
  out += '{';
  append(out, "peer", peer.name);
  if (!peer.url.empty()) append(out, "url", federation::shown(peer.url));
  if (!peer.subject.empty()) append(out, "subject", peer.subject);
  append(out, peer.url.empty() ? "taken" : "followed", feeds);
  append(out, "brought", peer.push);
  if (const auto known = bindings.of_peer(peer.name)) {
    append(out, "key", key_text(known->key));
    append(out, "since", utc_text(known->since));
  }
  if (!peer.identity.empty()) append(out, "pinned", key_text(peer.identity));
  if (const auto met = bindings.changed(peer.name)) append(out, "met", met->empty() ? std::string() : key_text(*met));
  if (const auto state = state_of_peer(peer, feeds, running); !state.empty()) append(out, "state", state);
  if (running != nullptr) append_contact(out, peer_of(running->links()[number]));
  out += '}';
}

/// What is said of the feed's origin and not believed.
void append_refusals(std::string& out, const std::string& feed, const federation::Bindings& bindings) {
  std::string list;
  for (const auto& one : bindings.refusals()) {
    if (one.feed != feed) continue;
    list.append(list.empty() ? "{" : ",{");
    append(list, "peer", one.peer);
    append(list, "key", one.key.empty() ? std::string() : key_text(one.key));
    append(list, "since", utc_text(one.since));
    list += '}';
  }
  if (!list.empty()) out.append(",\"refused\":[").append(list).append("]");
}

void append_feed(std::string& out, const store::Feed& feed, const Options& options, const federation::Bindings& bindings) {
  const auto origin = store::origination(feed);
  const bool here = origin.here && !origin.superseded;
  const std::string name = feed.state().name;
  out += '{';
  append(out, "feed", name);
  append(out, "origin", here ? "here" : "elsewhere");
  out.append(",\"term\":").append(std::to_string(federation::own_claim(feed).claim.term));
  const auto bound = bindings.of_feed(name);
  if (here && options.identity) {
    append(out, "key", key_text(options.identity->key()));
  } else if (!here && bound) {
    append(out, "key", key_text(bound->stated.seal.key));
    append(out, "since", utc_text(bound->since));
  }
  append_refusals(out, name, bindings);
  out += '}';
}

}  // namespace

std::string known_nodes(const std::string& node, const Options& options, const federation::Bindings& bindings, store::Store& store, const federation::Federation* running) {
  std::string out = "{";
  append(out, "node", node);
  if (options.identity) append(out, "key", key_text(options.identity->key()));
  out += ",\"peers\":[";
  for (std::size_t number = 0; number < options.peers.size(); ++number) {
    if (out.back() != '[') out += ',';
    append_peer(out, options, number, bindings, running);
  }
  out += "],\"feeds\":[";
  for (const auto& name : store.names()) {
    const auto feed = store.feed(name);
    if (!feed) continue;
    if (out.back() != '[') out += ',';
    append_feed(out, **feed, options, bindings);
  }
  return out + "]}\n";
}

}  // namespace meshgate::app
