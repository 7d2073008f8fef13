#pragma once

#include <vector>

#include "gateway/store/feed.hpp"

namespace meshgate::store {

/// An item in the one order that a feed has at its origin. Its place is the highest seq of its entries in all partitions; what it is there is
/// what it is now.
struct Placed {
  Seq seq{0};
  bool gone = false;  ///< from every partition: of the item only the id is set
  StoredItem item;
};
struct PlacedPage {
  std::vector<Placed> items;
  Seq through{0};    ///< every item with a place up to here was shown, by this page or those before
  bool end = false;  ///< there are none behind
};

/// The items behind `after` in the one order of a feed of a Store, whatever partitions they are in; expired ones are not shown. Code::unsupported at a
/// replica, whose partitions may have come differently far. Blocks; thread safe.
[[nodiscard]] Result<PlacedPage> in_order(const Feed& feed, Seq after, const PageLimits& limits);

}  // namespace meshgate::store
