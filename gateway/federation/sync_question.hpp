#pragma once

#include <map>
#include <string>
#include <vector>

#include "mesh/cursor.hpp"

namespace meshgate::federation {

/// What this node holds of a feed when it asks a peer for the rest.
struct Held {
  std::string feed;
  std::string uid;
  std::uint32_t schema = 0;
  std::map<std::string, Cursor, std::less<>> cursors;  ///< by partition
  std::vector<std::string> partitions;                 ///< all that is wanted; empty: whatever there is
};

/// The body of POST /sync that asks for the changes of all of these, and for those to come.
std::string sync_question(const std::vector<Held>& feeds);

}  // namespace meshgate::federation
