#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/keys.hpp"
#include "gateway/access/knowledge.hpp"
#include "gateway/net/http_client.hpp"

namespace meshgate::access {
class Identity;
}

namespace meshgate::federation {

/// Another node, as the configuration names it.
struct Peer {
  std::string name;
  std::string url;  ///< without a slash at its end; empty: it cannot be reached from here
  net::ClientOptions client;
  std::vector<std::string> push;  ///< feeds that are brought there
  std::map<std::string, std::vector<std::string>, std::less<>> partitions{};  ///< of those feeds, which; of one that does not stand here, all
  std::string subject;            ///< of the certificate by which it is known when it brings feeds here; empty: it may not
  std::string identity{};         ///< the key by which it must be known; empty: the first that is met
};

/// A feed whose origin is elsewhere.
struct FollowedFeed {
  std::string name;
  std::vector<std::size_t> peers;        ///< which of Options::peers have it, the preferred one first
  std::vector<std::string> partitions;  ///< those that are held here; empty: all
  std::string origin{};                 ///< the key that its origin must have; empty: the first that is met
};

struct Options {
  std::vector<Peer> peers;
  std::vector<FollowedFeed> feeds;
  std::string aside;  ///< the folder for what only this node had of a feed when another order took the place of its own; empty: nothing is kept
  std::string accept{"meshgate peers accept"};  ///< with which command another key is believed, for sentences
  std::string folder{};  ///< where it is kept to whose keys feeds are bound; empty: only until the node stops
  std::shared_ptr<const access::Identity> identity{};  ///< what this node is known by; null: it is the origin of nothing
  std::string node{};  ///< what this node calls itself when it follows; empty: nothing
  std::chrono::milliseconds lag{60000};  ///< a peer is left that has not got so long after another what that one has
};

/// A peer's URL for others to see: without what it may carry before the host.
std::string shown(const std::string& url);

/// Whether that partition of a feed in `push` is brought there.
bool brings(const Peer& peer, std::string_view feed, std::string_view partition);

/// Whether a peer is asked as this node, so that it says on what terms it gives its feeds.
inline bool speaks(const Peer& peer) { return !peer.url.empty() && !peer.client.certificate.empty(); }
/// What is heard of peers about each feed that is followed. `issuer`: the peer that people sign in at.
access::Reliance reliance_of(const Options& options, std::string issuer, std::chrono::milliseconds stale);

/// The keys of a peer.
std::span<const config::Key> peer_keys();

/// Reads `peers`, and of the feeds those that come from one. What is wrong goes to `out`.
Options read_options(const config::Node& peers, const config::Node& feeds, config::Secrets& secrets, config::Diagnostics& out);

}  // namespace meshgate::federation
