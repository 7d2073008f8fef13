#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gateway/ingest/options.hpp"
#include "gateway/store/feed.hpp"
#include "mesh/result.hpp"
#include "mesh/schema.hpp"

namespace meshgate::base {
class Log;
}

namespace meshgate::ingest {

/// One item that would change, or one record that would go to quarantine.
struct PlannedChange {
  std::string id;      ///< or the record's key
  std::string name;    ///< of a person or group: what they are called, where they have it already as they are now; empty: not known
  std::string before;  ///< content; empty: there is none, or it is longer than a sample may be
  std::string after;
  std::vector<std::string> partitions_before;
  std::vector<std::string> partitions_after;
  std::string reason;  ///< of a quarantined record
};

/// What would happen to some items: how many, and the first few.
struct PlannedChanges {
  std::uint64_t count = 0;
  std::vector<PlannedChange> samples;
};

/// What reading a feed's source once, from its beginning, would do to the feed.
struct FeedPlan {
  bool known = false;        ///< the store has the feed
  std::uint64_t items = 0;   ///< in it at present
  std::uint64_t rows = 0;    ///< read from the source
  std::uint64_t unchanged = 0;
  PlannedChanges added;
  PlannedChanges changed;
  PlannedChanges removed;      ///< reported by the source, or whose key would have another id
  PlannedChanges missing;      ///< not in the source: deleted, unless held
  PlannedChanges quarantined;  ///< that are not there yet
  std::uint64_t still_quarantined = 0;
  std::string held;            ///< not empty: the guard would hold the missing ones, and why
  bool sweeps = true;          ///< false: a record's key could not be read, so nothing would be swept
  bool ids_compared = true;    ///< false: there were too many new ids to tell whether two records want the same
  Schema schema_before;
  Schema schema_after;
};

/// Reads, maps and compares; writes nothing. `feed`: as the store has it, null where it has none. `progress` is told rows read and expected (0: not
/// known). An Error says why the source cannot be read so: unreachable, refused, or a mapping that does not fit. Keeps one bit for each item,
/// `samples` changes of each kind and, where ids are not keys, up to a million new ids. Blocks.
Result<FeedPlan> plan_feed(const SourceOptions& source, const FeedOptions& options, store::Feed* feed, std::size_t samples, base::Log& log,
                           const std::function<void(std::uint64_t rows, std::uint64_t expected)>& progress);

}  // namespace meshgate::ingest
