#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mesh/seen_node.hpp"
#include "mesh/time.hpp"

namespace meshgate::net {
class Router;
}

namespace meshgate::serve {

struct Context;
class Followers;

/// A feed at a peer, as this node knows it.
struct MeshFeed {
  std::string feed;
  std::string state;
  std::string error;
  std::string epoch;  ///< empty: not known how far it is there
  std::uint64_t seq = 0;
  Micros as_of{0};
  std::uint64_t behind_items = 0;  ///< other peers that give it
  double behind_seconds = 0;
  Micros told{0};
  std::string from;  ///< what the peer says that it has it from
  std::string from_state;
};

/// One way in which feeds come from a peer or go there.
struct MeshLink {
  std::string direction;  ///< "pull", "push", "brought"
  std::string state;
  std::string error;
  std::string protocol;
  Micros since{0};
  Micros last{0};
  std::uint64_t connections = 0;
  std::optional<std::uint64_t> bytes;
  std::vector<MeshFeed> feeds;
};

struct MeshPeer {
  std::string name;
  std::string url;
  std::vector<MeshLink> links;
};

/// What is known of other nodes; must not block for long.
struct OtherNodes {
  std::function<std::vector<MeshPeer>()> peers;
  std::function<std::vector<SeenNode>()> seen;  ///< those that others tell of
};

/// GET /mesh: this node, its peers, the nodes that follow it, and those that they tell of.
void add_mesh(Context& context, net::Router& router, const Followers& followers, OtherNodes others);

}  // namespace meshgate::serve
