#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/ids.hpp"
#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate {

/// A feed at a node, as others tell of it.
struct SeenFeed {
  static constexpr std::size_t kMostPartitions = 16;

  std::string feed;
  std::string state;                    ///< how its source does there, in a word
  std::vector<std::string> partitions;  ///< of a divided feed, some of those it has there
  Epoch epoch;                          ///< none: it is not known how far it is there
  std::uint64_t seq = 0;
  Micros as_of{0};
  bool loading = false;

  bool operator==(const SeenFeed&) const = default;
};

/// A node somewhere in the mesh, as others tell of it: hearsay, for people to see and nothing to decide by.
struct SeenNode {
  static constexpr std::size_t kMostOver = 8;

  std::string node;               ///< as it calls itself
  std::string key;                ///< its own, 32 bytes, as it says; empty: it says none
  std::vector<std::string> over;  ///< the nodes over which this came here, the nearest first; none: from itself
  std::chrono::seconds age{0};    ///< of all of it
  std::vector<SeenFeed> feeds;

  bool operator==(const SeenNode&) const = default;
};

/// What a node tells another: itself, and whom it sees, the nearest first.
struct Outlook {
  static constexpr std::size_t kMostNodes = 1000;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 10U;

  SeenNode self;
  std::vector<SeenNode> nodes;
};

/// One node as a JSON object of at most 4 KiB; feeds that are beyond that are left out.
void append_node(std::string& out, const SeenNode& node);
/// As it goes over the wire (HTTP.md): as many of the nodes as there is room for.
std::string outlook_text(const Outlook& outlook);
/// Nodes and feeds without a name that can be shown are left out. Code::config: no node says such a thing, or more than may be said.
Result<Outlook> parse_outlook(std::string_view text);

}  // namespace meshgate
