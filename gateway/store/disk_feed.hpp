#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/store/engine.hpp"
#include "gateway/store/feed.hpp"
#include "gateway/store/mending.hpp"
#include "gateway/store/records.hpp"

namespace meshgate::store {

/// What a feed keeps in memory: the meta family, decoded. Replaced only after the write that changed it succeeded.
struct Tables {
  FeedRecord feed;
  OriginRecord origin;
  ProgressRecord progress;
  std::map<PartitionNumber, PartitionRecord> partitions;
  std::map<std::string, PartitionNumber, std::less<>> partition_numbers;  ///< by name
  std::map<StreamNumber, StreamRecord> streams;
  std::map<StreamNumber, std::string> positions;
  std::map<std::uint64_t, Seq> times;  ///< microseconds → the last seq then

  [[nodiscard]] std::optional<PartitionNumber> partition_named(std::string_view name) const;
  [[nodiscard]] std::optional<StreamNumber> stream_named(std::string_view name) const;
  /// Whether an entry of an origin's index is of a load that did not come to its end: it does not count.
  [[nodiscard]] bool unfinished(const IndexEntry& entry) const { return !entry.memberships.empty() && entry.memberships.front().seq > progress.seq; }
};

/// A partition as readers see it.
Standing standing_of(const PartitionRecord& partition, const ProgressRecord& progress);

/// The quarantine in memory: the bytes of each entry, by quarantine_name().
struct QuarantineSizes {
  std::unordered_map<std::string, std::uint64_t> of;
  std::uint64_t sum = 0;
};

/// For a new epoch, or the identity of a new feed.
Bits128 random_bits();

class PageLines;
class Transaction;

/// A partition that is served, as one snapshot has it.
struct ServedPartition {
  LogRange range;
  PartitionRecord record;
  ProgressRecord progress;
  Standing standing;
};

/// Feed over the engine. Writers queue on write_mutex_; readers take a snapshot and touch no lock but the short one of the tables.
class DiskFeed final : public Feed {
 public:
  /// Reads the feed's tables.
  static Result<std::shared_ptr<DiskFeed>> load(std::shared_ptr<Engine> engine, FeedNumber number);
  /// With an `origin`: as a copy of it.
  static Result<std::shared_ptr<DiskFeed>> create(std::shared_ptr<Engine> engine, FeedNumber number, std::string_view name, const Origin* origin);
  ~DiskFeed() override;

  [[nodiscard]] FeedState state() const override;
  [[nodiscard]] std::optional<Standing> standing(std::string_view partition) const override;
  [[nodiscard]] Result<Outcome> commit(const Batch& batch, Seen* seen) override;
  [[nodiscard]] Result<Outcome> gather(const Batch& batch, Seen* seen) override;
  [[nodiscard]] Status finish() override;
  [[nodiscard]] Result<Outcome> rehearse(const Batch& batch, Seen* seen, const Differs& differs) override;
  [[nodiscard]] Status define(const Schema& schema, const std::string& rules, bool divided) override;
  [[nodiscard]] Result<std::optional<Position>> position(std::string_view stream) const override;
  [[nodiscard]] Result<std::vector<Unseen>> unseen(std::string_view stream, const Seen& seen, std::string_view after,
                                                   std::size_t limit) const override;
  [[nodiscard]] Status purge(std::string_view partition, Seq through) override;
  [[nodiscard]] Status purge_older(Micros age) override;
  [[nodiscard]] Status trim(std::string_view partition, Seq through) override;
  [[nodiscard]] Result<std::uint64_t> expire(const Keep& keep) override;
  [[nodiscard]] Status adopt(const Origin& origin) override;
  [[nodiscard]] Status follow(std::string_view partition, const Cursor& from, std::string_view lines, const Mark& mark) override;
  [[nodiscard]] Cursor followed(std::string_view partition) const override;
  [[nodiscard]] Result<Page> changes(std::string_view partition, const Cursor& after, const PageLimits& limits) const override;
  [[nodiscard]] Result<std::shared_ptr<const Pin>> pin(std::string_view partition) const override;
  [[nodiscard]] Result<Latest> latest(std::string_view partition, std::optional<Seq> below, std::size_t limit) const override;
  [[nodiscard]] Result<std::optional<StoredItem>> item(std::string_view id) const override;
  [[nodiscard]] Result<ItemPage> items(std::optional<std::string_view> partition, std::string_view token,
                                       std::size_t limit) const override;
  [[nodiscard]] Result<ItemPage> items_in(std::span<const std::string> partitions, std::string_view token, std::size_t limit) const override;
  [[nodiscard]] Status verify() const override;
  [[nodiscard]] Result<std::vector<Quarantined>> quarantined(std::string_view after_key, std::size_t limit) const override;
  [[nodiscard]] Result<std::optional<Quarantined>> quarantined_record(std::string_view stream, std::string_view key) const override;
  [[nodiscard]] Status drop_quarantined(std::string_view stream, std::string_view key) override;
  [[nodiscard]] std::shared_ptr<void> subscribe(std::function<void()> on_commit) override;

  /// See forgetting.hpp.
  Status forget(std::optional<std::string_view> partition);
  /// Removes everything of this feed from the disk; every later call fails.
  Status erase();
  /// Once after load(): notes the time, finishes what a death interrupted.
  Status resume();
  /// A new epoch, no Positions: after a restore.
  Status begin_again();
  /// These: see mending.hpp, origin.hpp.
  Status mend(std::string_view partition, const Mending& mending);
  [[nodiscard]] Origination origination() const;
  Status promote();
  Status meet(const Claim& other);
  Status become_copy();
  [[nodiscard]] bool has_left(const Epoch& epoch) const;
  [[nodiscard]] Status may_take(const Epoch& epoch, Micros as_of, bool loading) const;

  [[nodiscard]] Engine& engine() const { return *engine_; }
  [[nodiscard]] FeedNumber number() const { return number_; }
  /// Only under the write lock.
  [[nodiscard]] const Tables& tables() const { return tables_; }
  [[nodiscard]] QuarantineSizes& quarantine_sizes() { return quarantine_sizes_; }
  /// No index key of this feed lies behind it.
  [[nodiscard]] std::string& greatest_index_key() { return greatest_index_key_; }

 private:
  friend class Transaction;
  struct Subscribers {
    std::mutex mutex;
    std::uint64_t next = 1;
    std::map<std::uint64_t, std::function<void()>> calls;
  };
  struct Gathered;  ///< a load under way, and the transaction that it goes with
  DiskFeed(std::shared_ptr<Engine> engine, FeedNumber number);

  // loading.cpp; all under the write lock
  [[nodiscard]] bool may_gather(const Batch& batch) const;
  Result<Outcome> gather_now(const Batch& batch, Seen* seen);
  Status settled();
  Status settled_for_others();
  Status settled_now();
  Status take_in();
  void forget_gathered();
  Status tidied_up();
  Status drop_unfinished();
  Status drop_unfinished_index();

  // copying.cpp and following.cpp; all under the write lock
  Result<bool> keep_back(std::string_view partition, const Cursor& from, const PageLines& page, const Mark& mark);
  Status follow_now(std::string_view partition, const Cursor& from, const PageLines& page, const Mark& mark);
  Status drop_unfinished_copies();
  Result<bool> drop_unfinished_step(const LogRange& range, Seq head);

  Result<bool> purge_step(std::string_view partition, Seq through);
  // trimming.cpp
  struct Room;  ///< what a partition has room for
  Result<bool> trim_step(std::string_view partition, const Room& room, std::uint64_t& items);
  Result<bool> tidy_step(PartitionNumber partition, std::string& from);
  Status tidy(PartitionNumber partition);
  Status load_tables();
  Status load_meta(std::string_view key, std::string_view value);
  Status load_quarantine_sizes();
  Status load_greatest_index_key();
  /// Code::not_found when there is none of that name.
  [[nodiscard]] Result<PartitionNumber> numbered(std::string_view partition) const;
  /// `partition` was numbered before the snapshot was taken. Code::not_found when it is not served.
  [[nodiscard]] Result<ServedPartition> served(PartitionNumber partition, const rocksdb::Snapshot* at) const;
  [[nodiscard]] bool follows() const;
  [[nodiscard]] Status may_commit() const;
  [[nodiscard]] Error stepped_down() const;
  void notify() const;
  [[nodiscard]] Error unknown_partition(std::string_view name) const;
  /// `only`: sorted; null: items of all partitions.
  [[nodiscard]] Result<ItemPage> page_of_items(const std::vector<PartitionNumber>* only, std::string_view token, std::size_t limit) const;
  [[nodiscard]] Error erased() const;

  std::shared_ptr<Engine> engine_;
  const FeedNumber number_;
  mutable std::mutex write_mutex_;
  mutable std::shared_mutex tables_mutex_;  ///< a writer takes it only to publish
  Tables tables_;
  bool erased_ = false;
  QuarantineSizes quarantine_sizes_;
  std::string greatest_index_key_;
  std::unique_ptr<Gathered> gathered_;
  std::optional<Error> lost_;  ///< what was gathered failed, and whoever gave it has not been told
  bool unfinished_ = false;    ///< a load was taken in, but does not count
  bool loads_pay_ = true;
  std::shared_ptr<Subscribers> subscribers_ = std::make_shared<Subscribers>();
};

}  // namespace meshgate::store
