#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/device/feed_table.hpp"
#include "mesh/cursor.hpp"
#include "mesh/item.hpp"
#include "mesh/schema.hpp"
#include "mesh/time.hpp"

namespace meshgate::device {

/// A feed as this file holds it.
struct MirroredFeed {
  std::int64_t number = 0;
  std::string name;
  std::string uid;
  Epoch epoch;
  Epoch committed_epoch;  ///< what a roll back goes back to
  std::uint32_t schema_version = 0;
  bool divided = false;
  FeedTable table;
};

/// What changes about a partition with every line; copied to be able to go back.
struct Standpoint {
  Cursor cursor;
  std::uint64_t count = 0;
  Digest digest;
  bool comparing = false;  ///< in a pass over items that were there before: what is met is noted, the rest goes at its end
  std::uint32_t mismatches = 0;
  Micros verified{0};
  Micros as_of{0};

  bool operator==(const Standpoint&) const = default;
};

/// A partition as this file holds it.
struct Place {
  std::int64_t number = 0;
  MirroredFeed* feed = nullptr;
  std::string partition;
  Standpoint now;
  Standpoint committed;
  std::uint64_t generation = 0;  ///< grows when the cursor jumps: what streams read before is stale

  /// For people.
  [[nodiscard]] std::string title() const { return feed->name + (partition.empty() ? std::string() : " [" + partition + "]"); }
};

/// The bookkeeping tables: which feeds and partitions this file holds and how far it is. One thread at a time.
class Ledger {
 public:
  /// Makes the tables in an empty database. Error::config for a database that is something else, Error::unsupported for one made
  /// by a newer meshgate.
  static Result<std::unique_ptr<Ledger>> open(Database& database);

  [[nodiscard]] std::list<MirroredFeed>& feeds() { return feeds_; }
  [[nodiscard]] std::list<Place>& places() { return places_; }
  MirroredFeed* feed(std::string_view name);
  Place* place(const MirroredFeed& feed, std::string_view partition);
  Place* place(std::int64_t number);

  /// Writes a new feed with its table, or changes of a known one. Within the caller's transaction.
  Result<MirroredFeed*> add_feed(std::string_view name, std::string_view uid, bool divided, const Schema& schema);
  Status save(const MirroredFeed& feed);
  Status save_columns(const MirroredFeed& feed, const Columns& columns);
  Result<Place*> add_place(MirroredFeed& feed, std::string_view partition);
  Status save(const Place& place);
  /// Deletes rows, members and places of a feed in the file; the table stays with its columns.
  Status empty(const MirroredFeed& feed);
  /// Once they are not in the file any more, or did not come into it.
  void forget_places(const MirroredFeed& feed);
  void forget_place(const Place& place);

 private:
  explicit Ledger(Database& database) : database_(database) {}
  Status load();
  Status load_places();
  Place& hold(std::int64_t number);
  Status refuse_taken(std::string_view name);
  Result<std::int64_t> insert_feed(const MirroredFeed& feed);
  Result<Columns> load_columns(std::int64_t feed);

  Database& database_;
  std::list<MirroredFeed> feeds_;
  std::list<Place> places_;
  std::unordered_map<std::int64_t, Place*> by_number_;
  Statement save_place_;
};

/// The columns of a schema's fields beside those that a table has: known fields keep their column. `taken`: names, in lower case, of
/// columns that no field uses.
Columns widened(const Columns& have, const Schema& schema, std::set<std::string> taken = {});

/// ASCII letters in lower case: how SQLite compares names.
std::string folded(std::string_view name);

}  // namespace meshgate::device
