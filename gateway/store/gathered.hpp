#pragma once

#include "gateway/store/followed_items.hpp"
#include "gateway/store/load.hpp"

namespace meshgate::store {

/// A load under way, and what becomes durable with it.
struct DiskFeed::Gathered {
  explicit Gathered(DiskFeed& feed) : load(feed.engine()), out(feed, load), items(feed) {}
  Load load;
  Transaction out;
  FollowedItems items;  ///< at a replica
};

}  // namespace meshgate::store
