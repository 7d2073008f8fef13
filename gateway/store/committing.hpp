#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/store/lookup.hpp"
#include "gateway/store/transaction.hpp"

namespace meshgate::store {

/// One commit: brings the items of a batch from what they are to what they shall be. The changes are first played on `Work`s (one per
/// id, loaded from the index), so that only the outcome of a batch takes a seq; then the difference is written.
class Commit {
 public:
  Commit(DiskFeed& feed, const Batch& batch, Seen* seen);
  /// Into a transaction that others have begun.
  Commit(DiskFeed& feed, const Batch& batch, Seen* seen, Transaction& into);
  Result<Outcome> run();
  /// Leaves the commit to whoever has begun the transaction.
  Result<Outcome> gather();
  /// What run() would do to each item, without writing.
  Result<Outcome> rehearse(const Differs& differs);
  /// Whether readers have something new.
  [[nodiscard]] bool news() const { return news_; }

 private:
  struct Work {
    std::string_view id;
    std::size_t index_key = 0;
    bool stored = false;    ///< the index has an entry
    bool was_live = false;  ///< and some partition has the item
    bool live = false;
    bool touched = false;
    bool late = false;
    ContentHash was_hash;
    std::uint64_t n = 0;
    std::uint64_t number = 0;
    std::uint32_t before_first = 0;  ///< memberships as stored, in before_
    std::uint32_t before_count = 0;
    ContentHash hash;
    StreamNumber stream{};
    std::string_view key;  ///< the owner's; never empty for a live item
    bool owner_changed = false;
    std::string_view content;
    Micros time{0};  ///< the item's own; 0: that of the commit
    std::uint32_t after_first = 0;  ///< partitions, in after_
    std::uint32_t after_count = 0;
  };
  using WorkIndex = std::uint32_t;
  static constexpr WorkIndex kNoWork = ~WorkIndex{0};
  struct Deferred {
    std::size_t change = 0;
    WorkIndex work = 0;
    std::optional<WorkIndex> old;  ///< what the key owns now
    bool granted = true;
  };

  // rehearsing.cpp
  void tell(const Work& work, const Differs& differs);
  void tell(const Batch::Change& quarantined) const;

  // committing.cpp: playing the batch
  Status prepare();
  Outcome done();
  Status play_batch();
  Status load();
  WorkIndex add_work(std::string_view id);
  void fill(WorkIndex work, std::string_view value);
  Result<WorkIndex> work_of(std::string_view id);
  Result<std::optional<WorkIndex>> owned_by(std::string_view key, WorkIndex loaded = kNoWork);
  Status play(std::size_t change);
  Status put(std::size_t change, const Batch::Change& what, WorkIndex target);
  [[nodiscard]] bool has_expired(const Batch::Change& what, const Work& work, std::string_view partition) const;
  void take(const Batch::Change& what, WorkIndex target);
  void release(WorkIndex work);
  void own(std::string_view key, std::string_view id);
  Status play_deferred();
  Status grant(std::vector<Deferred>& waiting);
  Status refuse(const Deferred& loser);
  Status quarantine(const Batch::Change& what);
  Status confirm(std::string_view key, WorkIndex loaded);
  PartitionNumber partition(std::string_view name);

  // settling.cpp: writing the difference
  void settle();
  void settle_one(Work& work);
  [[nodiscard]] bool same_partitions(const Work& work) const;
  void write_live(Work& work);
  void write_dead(Work& work);
  void leave(const Work& work, const Membership& old, Seq seq);
  void enter(const Work& work, PartitionNumber where, const Membership* old, Seq seq);
  void write_index(const Work& work);
  void write_origins();
  [[nodiscard]] const Membership* membership(const Work& work, PartitionNumber where) const;
  [[nodiscard]] bool goes_to(const Work& work, PartitionNumber where) const;

  DiskFeed& feed_;
  const Batch& batch_;
  Seen* const seen_;
  std::optional<Transaction> own_;
  Transaction& out_;
  Outcome outcome_;
  const Differs* differs_ = nullptr;  ///< of a rehearsal
  bool news_ = false;
  bool items_changed_ = false;
  const Micros at_;
  StreamNumber stream_{};
  StreamRecord kinds_;  ///< of this stream, as they will be
  bool had_own_ids_ = false;

  KeyList keys_;
  std::vector<Work> works_;
  std::vector<WorkIndex> targets_;  ///< per change
  std::unordered_map<std::string_view, WorkIndex> by_id_;
  bool by_id_ready_ = false;
  std::deque<std::string> texts_;  ///< what works refer to and the batch does not hold
  std::vector<Membership> before_;
  std::vector<PartitionNumber> after_;
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, std::string_view> owns_;  ///< key → id as this batch leaves it ("" : none)
  std::vector<Deferred> deferred_;
  std::vector<std::uint64_t> met_;
  IndexEntry entry_;  ///< the one being read or written; its memberships are collected by leave() and write_live()
  std::string line_;
  std::string_view last_partition_name_;
  std::optional<PartitionNumber> last_partition_;
};

}  // namespace meshgate::store
