#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/feed.hpp"

namespace meshgate::store {

/// What makes a replica's copy of a partition that of another node: see mesh/reconcile.hpp.
struct Mending {
  Epoch epoch;            ///< of the copy that was compared, and its head
  Seq head{0};
  std::vector<Seq> away;  ///< entries that go
  std::string lines;      ///< entries that come, as kept there, in their order; each takes the place of what stands there
  Mark mark;              ///< where the copy stands then
};

/// Changes the served copy in one write; a copy that was being built beside it goes. Code::conflict: it has moved since it was compared. Code::corrupt:
/// what came is not what it says it is; nothing is changed. Blocks.
Status mend(Feed& feed, std::string_view partition, const Mending& mending);

}  // namespace meshgate::store
