#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/ingest/options.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::ingest {

/// A stream that a family chooses and that cannot be a feed, and why.
struct Unfit {
  StreamName stream;
  std::string why;
};

/// What a family stands for. Pure: the same streams always give the same.
struct Expansion {
  std::vector<FeedOptions> feeds;
  std::vector<Unfit> unfit;
  std::vector<std::string> idle;  ///< patterns that match no stream
};

/// The feed of one stream: `<family>.<stream>`, with the stream's group in between where that is not the one that is meant without a name. What a
/// feed's name cannot have becomes '_'.
FeedOptions feed_of(const FeedFamily& family, const StreamName& stream);

/// A name that has an entry of its own is that entry's. Of two streams with one name the one that needs no '_' has it, or neither.
Expansion expand(const FeedFamily& family, const std::vector<StreamName>& streams);

/// The feeds of a store that families of the source had made there and still choose, whether or not the source is there now: the rules kept
/// with a feed say which stream it is of. Blocks.
Result<std::vector<FeedOptions>> remembered(const SourceOptions& source, store::Store& store);

}  // namespace meshgate::ingest
