#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/access.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/federation/horizon.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/net/http_client.hpp"
#include "gateway/net/server.hpp"
#include "gateway/store/store.hpp"
#include "mesh/seen_node.hpp"

namespace meshgate::federation {

/// A node that follows this one and may say nothing of itself, as it is seen from here.
struct SeenFollower {
  std::string subject;  ///< of its certificate; empty: it showed none
  SeenNode node;        ///< of its feeds `seq` in the order that this node has
};

/// Tells neighbours which nodes this one sees, and hears that of them: of a peer it asks, of whoever else asks here with a certificate. Each is told of nothing but feeds that it
/// shares with this node, or may read here, and of nodes that have such. What is heard is for people to see; nothing is decided by it. Must outlive the server that has its route.
class Lookout {
 public:
  struct House {
    const Options& options;
    std::shared_ptr<const access::Access> access;
    store::Store& store;
    base::BlockingPool& pool;
    std::function<std::string(std::string_view feed)> state;  ///< how a feed's source does, in a word
    std::function<std::vector<SeenFollower>()> followers;
  };
  explicit Lookout(House house);

  void add_routes(net::Router& router);
  /// Tells the peer, and takes what it says. It may be an older node, or not know this one: then it says nothing. Blocks.
  void meet(net::HttpClient& client, const Peer& peer);
  /// All that is known of others, the nearest first.
  [[nodiscard]] std::vector<SeenNode> nodes() const;

 private:
  /// Whom this node speaks with, and of which feeds and partitions it may be told.
  struct Neighbour {
    std::string id;
    std::string called;  ///< by the configuration, or else its certificate
    std::function<bool(std::string_view feed)> feed;
    std::function<bool(std::string_view feed, std::string_view partition)> partition;
  };
  /// The feeds here that somebody may be told of.
  using Shown = std::map<std::string, store::FeedState, std::less<>>;

  [[nodiscard]] Neighbour dialled(const Peer& peer) const;
  /// Nothing for whom nothing is shared with.
  [[nodiscard]] std::optional<Neighbour> with_subject(const std::string& subject) const;
  [[nodiscard]] std::string id_of(const std::string& subject) const;
  [[nodiscard]] const Peer* peer_with(const std::string& subject) const;
  [[nodiscard]] bool shares(const Peer& peer, std::string_view feed) const;
  [[nodiscard]] Shown shown_to(const Neighbour& other) const;
  [[nodiscard]] std::vector<SeenNode> followers_for(const Neighbour& other, const Shown& shown) const;
  /// Leaves of a node what may be told. False: nothing.
  static bool narrow(SeenNode& node, const Neighbour& other, const Shown& shown);
  [[nodiscard]] SeenFeed seen_here(const store::FeedState& state, const Neighbour& other) const;
  [[nodiscard]] Outlook outlook_for(const Neighbour& other) const;
  net::Response hear(const net::Request& request);

  const House house_;
  Horizon horizon_;
};

}  // namespace meshgate::federation
