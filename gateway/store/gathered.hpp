#pragma once

#include "gateway/store/load.hpp"
#include "gateway/store/loaded_items.hpp"

namespace meshgate::store {

/// A load under way, and what becomes durable with it.
struct DiskFeed::Gathered {
  Gathered(DiskFeed& feed, std::size_t most_files) : load(feed.engine(), most_files), out(feed, load), items(feed) {}
  Load load;
  Transaction out;
  LoadedItems items;  ///< at a replica
};

}  // namespace meshgate::store
