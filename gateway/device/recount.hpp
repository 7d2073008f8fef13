#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "gateway/device/ledger.hpp"

namespace meshgate::device {

struct Recounted {
  std::uint64_t count = 0;
  Digest digest;
};

/// Counts and digests of a feed's partitions, computed from the contents that its rows hold. Rows whose content is not what their
/// _rev says get the revision of what they hold (n = 1), and so do their memberships, so that the next pass puts them right; rows and members without a
/// counterpart are dropped. Within the caller's transaction; for `progress` see MirrorFile::recount().
Result<std::map<Place*, Recounted>> recount_feed(Database& database, Ledger& ledger, MirroredFeed& feed,
                                                 const std::function<bool(std::uint64_t)>& progress);

}  // namespace meshgate::device
