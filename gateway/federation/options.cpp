#include "gateway/federation/options.hpp"

#include <algorithm>
#include <array>

#include "mesh/key_text.hpp"

namespace meshgate::federation {

namespace {

using config::Form;
using config::Key;
using config::Node;

constexpr std::array kPeerKeys = {
    Key{.name = "url", .form = Form::text, .help = "Where the peer is reached: https://hq.corp:7443; absent: it cannot be reached, and brings what it has."},
    Key{.name = "ca", .form = Form::path, .help = "A PEM file with the authorities that may have signed the peer's certificate; absent: the system's."},
    Key{.name = "certificate", .form = Form::path, .help = "A PEM file with the certificate by which this node is known to the peer."},
    Key{.name = "key", .form = Form::path, .help = "A PEM file with the certificate's private key, not encrypted."},
    Key{.name = "push", .form = Form::list, .help = "Feeds of this node that are brought to the peer, where it cannot reach this node."},
    Key{.name = "partitions", .form = Form::mapping, .help = "Of feeds under `push`, which partitions are brought: { orders: [north, south] }; of those that are not named here, all."},
    Key{.name = "identity", .form = Form::text, .help = "The peer's own key, as `meshgate peers` shows it there: ed25519:…; absent: the first that is met at its `url`."},
    Key{.name = "subject", .form = Form::text, .help = "The subject of the certificate with which the peer brings feeds here: \"CN=hq\"."},
};

constexpr std::array kFromKeys = {
    Key{.name = "peer", .form = Form::list, .help = "The peers to follow the feed from, the preferred one first.", .required = true},
    Key{.name = "partitions", .form = Form::list, .help = "Which partitions are held here; absent: all."},
    Key{.name = "origin", .form = Form::text, .help = "The key of the node that has the feed's origin, as `meshgate peers` shows it there: ed25519:…; absent: the first that is met."},
};

/// What the origin decides for all who follow it.
constexpr std::array<std::string_view, 9> kOfTheOrigin = {"fields", "id", "partition", "guard", "where", "title", "summary", "link", "updated"};

/// The 32 bytes of a node's key; empty where it is not said.
std::string read_key(const config::Section& section, const char* name, config::Diagnostics& out) {
  if (!section.has(name)) return {};
  const std::string written = section.text(name);
  if (auto key = parse_key_text(written)) return std::move(*key);
  out.add(section.place(name), "'" + written + "' is no key of a node", "write it as `meshgate peers` shows it at that node: ed25519:…");
  return {};
}

/// Of which feeds under `push` not all is brought.
void read_partitions(const Node& node, const Node& feeds, Peer& peer, config::Secrets& secrets, config::Diagnostics& out) {
  std::vector<Key> keys;
  for (const std::string& feed : peer.push) keys.push_back({.name = feed, .form = Form::list, .help = "Which partitions of it are brought."});
  const config::Section section(node, keys, secrets, out);
  for (const std::string& feed : peer.push) {
    if (!section.has(feed)) continue;
    const bool whole = feeds[feed]["from"]["source"].present() && !feeds[feed]["partition"].present();
    if (whole) out.add(section.place(feed), "feed '" + feed + "' is not divided into partitions", "give it a `partition` under `feeds:`, or take it away here");
    auto chosen = section.list(feed);
    if (chosen.empty()) out.add(section.place(feed), "no partition of feed '" + feed + "' would be brought", "name some, or take the feed off `push`");
    peer.partitions.emplace(feed, std::move(chosen));
  }
}

Peer read_peer(const Node::Entry& entry, const Node& feeds, config::Secrets& secrets, config::Diagnostics& out) {
  const config::Section section(entry.value, kPeerKeys, secrets, out);
  Peer peer;
  peer.name = entry.key;
  peer.url = section.text("url");
  peer.client.ca = section.path("ca");
  peer.client.certificate = section.path("certificate");
  peer.client.key = section.path("key");
  const bool http = peer.url.starts_with("http://") || peer.url.starts_with("https://");
  if (section.has("url") && !http) out.add(section.place("url"), "'" + peer.url + "' is not the address of a node", "write it as https://host:port");
  if (peer.client.certificate.empty() != peer.client.key.empty()) out.add(entry.key_place, "`certificate` and `key` go together", "give both or neither");
  peer.subject = section.text("subject");
  if (!section.has("url") && !section.has("subject")) out.add(entry.key_place, "peer '" + entry.key + "' can neither be reached nor bring anything", "give its `url`, or the `subject` of its certificate");
  peer.identity = read_key(section, "identity", out);
  if (!peer.identity.empty() && !section.has("url")) out.add(section.place("identity"), "a peer without `url` is not asked who it is", "give its address, or name the key of a feed's origin under `from.origin`");
  peer.push = section.list("push");
  if (!peer.push.empty() && !section.has("url")) out.add(section.place("push"), "nothing can be brought to a peer without `url`", "give its address");
  for (const std::string& feed : peer.push) {
    if (!feeds[feed].present()) out.add(section.place("push"), "there is no feed '" + feed + "' to bring", "name one of those under `feeds:`");
  }
  if (section.has("partitions")) read_partitions(section.node("partitions"), feeds, peer, secrets, out);
  while (peer.url.ends_with('/')) peer.url.pop_back();
  return peer;
}

FollowedFeed read_feed(const Node::Entry& entry, const std::vector<Peer>& peers, config::Secrets& secrets, config::Diagnostics& out) {
  for (const std::string_view key : kOfTheOrigin) {
    if (entry.value[key].present()) out.add(entry.value[key].place(), "`" + std::string(key) + "` is the origin's to say, and feed '" + entry.key + "' follows a peer", "take it away here");
  }
  const Node from = entry.value["from"];
  if (from["source"].present()) out.add(from["source"].place(), "a feed has a source of its own or follows a peer, not both", "take `source` or `peer` away");
  const config::Section section(from, kFromKeys, secrets, out);
  FollowedFeed feed;
  feed.name = entry.key;
  feed.partitions = section.list("partitions");
  feed.origin = read_key(section, "origin", out);
  for (const std::string& name : section.list("peer")) {
    const auto peer = std::ranges::find(peers, name, &Peer::name);
    if (peer != peers.end()) {
      feed.peers.push_back(static_cast<std::size_t>(peer - peers.begin()));
      continue;
    }
    std::vector<std::string_view> names;
    for (const auto& one : peers) names.push_back(one.name);
    const auto near = config::nearest(name, names);
    out.add(section.place("peer"), "there is no peer '" + name + "'", near.empty() ? "name one of those under `peers:`" : "did you mean '" + std::string(near) + "'?");
  }
  return feed;
}

}  // namespace

std::string shown(const std::string& url) {
  const auto host = url.find("://");
  const auto at = url.find('@', host == std::string::npos ? 0 : host + 3);
  if (at == std::string::npos || url.find('/', host + 3) < at) return url;
  return url.substr(0, host + 3) + url.substr(at + 1);
}

bool brings(const Peer& peer, std::string_view feed, std::string_view partition) {
  const auto chosen = peer.partitions.find(feed);
  return chosen == peer.partitions.end() || std::ranges::find(chosen->second, partition) != chosen->second.end();
}

access::Reliance reliance_of(const Options& options, std::string issuer, std::chrono::milliseconds stale) {
  access::Reliance out{{}, std::move(issuer), stale};
  for (const FollowedFeed& feed : options.feeds) {
    auto& own = out.feeds.emplace_back();
    own.name = feed.name;
    for (const std::size_t number : feed.peers) {
      const Peer& peer = options.peers[number];
      if (speaks(peer) || !peer.subject.empty()) own.peers.push_back(peer.name);
    }
  }
  return out;
}

std::span<const Key> peer_keys() { return kPeerKeys; }

Options read_options(const Node& peers, const Node& feeds, config::Secrets& secrets, config::Diagnostics& out) {
  Options options;
  for (const auto& entry : peers.entries()) options.peers.push_back(read_peer(entry, feeds, secrets, out));
  for (const auto& entry : feeds.entries()) {
    if (entry.value["from"]["peer"].present()) options.feeds.push_back(read_feed(entry, options.peers, secrets, out));
  }
  return options;
}

}  // namespace meshgate::federation
