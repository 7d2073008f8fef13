#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/store/disk_feed.hpp"

namespace meshgate::store {

/// A RocksDB snapshot, given back at the end.
class Snapshot {
 public:
  explicit Snapshot(rocksdb::DB& db) : db_(db), at_(db.GetSnapshot()) {}
  ~Snapshot() { db_.ReleaseSnapshot(at_); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  [[nodiscard]] const rocksdb::Snapshot* get() const { return at_; }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* at_;
};

/// Reads one record of the meta family.
template <class Record>
Status read_record(const Engine& engine, const std::string& key, const rocksdb::Snapshot* at, Record& out) {
  auto value = engine.get(Family::meta, key, at);
  if (!value) return std::move(value).error();
  if (!*value) return Error{Code::not_found, "no such feed or partition here"};
  if (decode(**value, out)) return {};
  return Error{Code::corrupt, "data folder " + engine.folder().string() + ": the tables of a feed are damaged: restore a backup with `meshgate restore`"};
}

/// One feed in one snapshot.
class View {
 public:
  View(const Engine& engine, FeedNumber feed) : engine_(engine), feed_(feed), at_(engine.db()) {}
  [[nodiscard]] const rocksdb::Snapshot* at() const { return at_.get(); }
  [[nodiscard]] const Engine& engine() const { return engine_; }
  [[nodiscard]] FeedNumber feed() const { return feed_; }

  /// Read at first use; an unknown one is a record without copies.
  const PartitionRecord& partition(PartitionNumber number);
  /// Whether readers of the partition have this item.
  [[nodiscard]] bool served(const Membership& one) { return one.live && partition(one.partition).served.generation == one.generation; }

 private:
  const Engine& engine_;
  FeedNumber feed_;
  Snapshot at_;
  std::map<PartitionNumber, PartitionRecord> partitions_;
};

Error damaged(std::string_view id);

/// Fills `out` from the line with the highest seq among the served memberships (of `only`, sorted, where given); false when there is none.
Result<bool> show(View& view, const IndexEntry& entry, std::string_view id, const std::vector<PartitionNumber>* only, LineParser& parser, StoredItem& out);

}  // namespace meshgate::store
