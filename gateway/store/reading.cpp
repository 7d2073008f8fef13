#include <algorithm>

#include "gateway/store/snapshot.hpp"

namespace meshgate::store {

namespace {

constexpr std::size_t kReadAhead = 128U << 10U;
constexpr std::uint64_t kBigPage = 64U << 10U;
constexpr std::size_t kLatestBytes = 4U << 20U;
constexpr std::uint64_t kMostReserved = 4U << 20U;
constexpr std::uint64_t kOverLimit = 16U << 10U;  ///< room for the last line, so that it seldom moves the page

/// One page of a partition out of one snapshot.
class Reading {
 public:
  Reading(const Cursor& after, const PageLimits& limits, const Standing& standing, Page& out)
      : after_(after), limits_(limits), standing_(standing), read_(after.seq), out_(out) {}

  /// Appends the lines behind the cursor until a limit is reached. Beyond the head of an origin there is nothing that counts.
  Status run(const Engine& engine, const LogRange& range, const rocksdb::Snapshot* at) {
    std::string first;
    append_log_key(first, range, next(after_.seq));
    std::string last;
    if (standing_.replica) append_log_key(last, {range.feed, range.partition, range.generation + 1}, Seq{0});
    else append_log_key(last, range, next(standing_.head));
    const rocksdb::Slice upper(last);
    rocksdb::ReadOptions how;
    how.snapshot = at;
    how.iterate_upper_bound = &upper;
    how.fill_cache = limits_.bytes <= kBigPage;
    // Only generations that are not served any more were ever deleted as ranges.
    how.ignore_range_deletions = true;
    if (limits_.bytes > kBigPage) how.readahead_size = kReadAhead;
    const auto line = engine.iterate(Family::log, how);
    out_.lines.reserve(std::min(limits_.bytes, kMostReserved) + kOverLimit);
    for (line->Seek(first); line->Valid() && !full(); line->Next()) add(view(line->key()), view(line->value()));
    if (!line->status().ok()) return engine.error(line->status());
    out_.end = !line->Valid();
    return {};
  }

  /// Where a reader of the page stands.
  [[nodiscard]] Progress made() const { return advance(after_, out_.end ? standing_.head : read_, standing_); }

 private:
  [[nodiscard]] bool full() const {
    return out_.entries >= std::max<std::uint64_t>(1, limits_.entries) || (out_.entries > 0 && out_.lines.size() >= limits_.bytes);
  }

  void add(std::string_view key, std::string_view line) {
    if (since_mark_ == limits_.mark_every) mark();
    out_.lines.append(line);
    ++out_.entries;
    ++since_mark_;
    read_ = seq_of_log_key(key);
  }

  /// An entry follows, so this one lies below the head and is never caught up.
  void mark() {
    Mark here = out_.mark;
    here.cursor = advance(after_, read_, standing_).cursor;
    append_mark(out_.lines, here);
    since_mark_ = 0;
  }

  const Cursor& after_;
  const PageLimits& limits_;
  const Standing& standing_;
  Seq read_;
  std::uint64_t since_mark_ = 0;
  Page& out_;
};

}  // namespace

Result<PartitionNumber> DiskFeed::numbered(std::string_view partition) const {
  const std::shared_lock lock(tables_mutex_);
  const auto number = tables_.partition_named(partition);
  if (!number) return unknown_partition(partition);
  return *number;
}

Result<ServedPartition> DiskFeed::served(PartitionNumber partition, const rocksdb::Snapshot* at) const {
  ServedPartition out;
  if (auto read = read_record(*engine_, meta_key(Meta::partition, number_, plain(partition)), at, out.record); !read) return std::move(read).error();
  if (auto read = read_record(*engine_, meta_key(Meta::progress, number_), at, out.progress); !read) return std::move(read).error();
  if (out.record.served.generation == 0) {
    const std::shared_lock lock(tables_mutex_);
    return unknown_partition(out.record.name);
  }
  out.range = {number_, partition, out.record.served.generation};
  out.standing = standing_of(out.record, out.progress);
  return out;
}

Result<Page> DiskFeed::changes(std::string_view partition, const Cursor& after, const PageLimits& limits) const {
  const auto number = numbered(partition);
  if (!number) return number.error();
  const Snapshot at(engine_->db());
  auto found = served(*number, at.get());
  if (!found) return std::move(found).error();
  const Standing& standing = found->standing;
  Page out;
  out.answer = judge(after, standing);
  out.mark.floor = standing.floor;
  out.mark.loading = standing.loading;
  out.mark.as_of = found->record.replica ? found->record.as_of : found->progress.as_of;
  if (out.answer == Answer::ahead) out.mark.cursor = stay(after, standing).cursor;
  if (out.answer != Answer::read) return out;
  Reading reading(after, limits, standing, out);
  if (auto read = reading.run(*engine_, found->range, at.get()); !read) return std::move(read).error();
  const Progress made = reading.made();
  out.mark.cursor = made.cursor;
  out.mark.caught_up = made.caught_up;
  if (made.caught_up) {
    out.mark.count = found->record.served.count;
    out.mark.digest = found->record.served.digest;
  }
  return out;
}

Result<Latest> DiskFeed::latest(std::string_view partition, std::optional<Seq> below, std::size_t limit) const {
  const auto number = numbered(partition);
  if (!number) return number.error();
  const Snapshot at(engine_->db());
  auto found = served(*number, at.get());
  if (!found) return std::move(found).error();
  Latest out;
  out.head = found->standing.head;
  const Seq from = below ? std::min(*below, next(out.head)) : next(out.head);
  std::string first;
  append_log_key(first, found->range, Seq{0});
  std::string last;
  append_log_key(last, found->range, from);
  const rocksdb::Slice lower(first);
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.snapshot = at.get();
  how.iterate_lower_bound = &lower;
  how.iterate_upper_bound = &upper;
  how.ignore_range_deletions = true;
  const auto line = engine_->iterate(Family::log, how);
  std::size_t entries = 0;
  for (line->SeekToLast(); line->Valid() && entries < limit && out.lines.size() < kLatestBytes; line->Prev(), ++entries) {
    out.lines.append(view(line->value()));
    out.last = seq_of_log_key(view(line->key()));
  }
  if (!line->status().ok()) return engine_->error(line->status());
  out.end = !line->Valid();
  return out;
}

}  // namespace meshgate::store
