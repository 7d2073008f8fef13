#pragma once

#include <rocksdb/write_batch.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/disk_feed.hpp"
#include "gateway/store/load.hpp"

namespace meshgate::store {

/// One write to one feed: collects log, index and table changes, writes them whole, and only then changes what is in memory.
/// Lives under the feed's write lock.
class Transaction {
 public:
  explicit Transaction(DiskFeed& feed, std::size_t bytes = 0);
  /// Lines and index entries, which must lie behind all there are, go to `load` instead of the batch.
  Transaction(DiskFeed& feed, Load& load);

  rocksdb::WriteBatch batch;
  ProgressRecord progress;  ///< as it will be

  /// As they will be; copied at first touch.
  PartitionRecord& partition(PartitionNumber number);
  /// Created where it does not exist.
  PartitionNumber partition_named(std::string_view name);
  StreamRecord& stream(StreamNumber number);
  StreamNumber stream_named(std::string_view name);
  /// Also when it is as it was.
  void write_progress() { write_progress_ = true; }
  void set_feed(FeedRecord feed) { feed_ = std::move(feed); }
  void set_origin(OriginRecord origin) { origin_ = std::move(origin); }
  /// This copy goes over from that epoch to another.
  void leave(const Epoch& epoch);
  void set_position(StreamNumber stream, std::string bytes) { positions_[stream] = std::move(bytes); }
  void clear_positions();

  void put_line(const LogRange& range, Seq seq, std::string_view line);
  /// Also remembers the gone entry for purge.
  void put_gone(const LogRange& range, Seq seq, std::string_view line, std::string_view id);
  void drop_line(const LogRange& range, Seq seq, bool live);
  void put_index(std::string_view index_key, const IndexEntry& entry);
  /// The same at the end of a load. It gets the entry with those it takes the place of: these count until the write is made that drops them.
  void put_index(std::string_view index_key, const IndexEntry& entry, const std::vector<Membership>& replaced);
  /// Index entries up to this key go with the write, although there is a load.
  void spare_load(std::string through) { with_write_ = std::move(through); }
  void drop_index(std::string_view index_key);
  void drop_log(const LogRange& range);

  [[nodiscard]] LogRange range(PartitionNumber partition, Generation generation) const { return {feed_ref_.number(), partition, generation}; }
  [[nodiscard]] bool empty() const;
  /// The quarantine as it will be; see quarantine_name().
  [[nodiscard]] bool quarantine_empty() const { return quarantine_.empty() && feed_ref_.quarantine_sizes().of.empty(); }
  [[nodiscard]] std::optional<std::uint64_t> quarantine_size(const std::string& name) const;
  [[nodiscard]] std::uint64_t quarantine_bytes() const { return quarantine_bytes_; }
  /// Nothing: the entry goes.
  void set_quarantine_size(const std::string& name, std::optional<std::uint64_t> size);

  /// Whether a head moved or loading changed.
  [[nodiscard]] bool news() const;

  /// Notes which seq it is now, for purges by age; without this, once an hour.
  void note_time_now() { note_time(true); }
  void forget_times_before(std::uint64_t micros) { forget_times_ = micros; }

  /// The greatest index key that was put.
  [[nodiscard]] const std::string& greatest() const { return greatest_; }

  /// Writes and publishes. Nothing in memory has changed when it fails.
  [[nodiscard]] Status commit(Engine::Durably durably);

 private:
  void encode_tables();
  void publish();
  void note_time(bool always);

  DiskFeed& feed_ref_;
  std::optional<FeedRecord> feed_;
  std::optional<OriginRecord> origin_;
  std::map<PartitionNumber, PartitionRecord> partitions_;
  std::map<StreamNumber, StreamRecord> streams_;
  std::map<StreamNumber, std::optional<std::string>> positions_;
  std::map<std::string, std::optional<std::uint64_t>> quarantine_;
  std::uint64_t quarantine_bytes_;
  Load* load_ = nullptr;
  std::optional<std::uint64_t> time_;
  std::uint64_t forget_times_ = 0;
  bool write_progress_ = false;
  std::string greatest_;
  std::string with_write_;
  std::string key_;
  std::string value_;
};

}  // namespace meshgate::store
