#include <algorithm>

#include "gateway/store/snapshot.hpp"

namespace meshgate::store {

namespace {

constexpr std::size_t kReadAhead = 1U << 20U;
constexpr std::uint64_t kBigPage = 64U << 10U;
constexpr std::uint64_t kMostReserved = 4U << 20U;

/// Appends lines behind `after` until a limit is reached; the seq of the last one.
Result<Seq> read_lines(const Engine& engine, const LogRange& range, Seq after, const PageLimits& limits, const rocksdb::Snapshot* at, Page& out) {
  std::string first;
  append_log_key(first, range, next(after));
  std::string last;
  append_log_key(last, {range.feed, range.partition, range.generation + 1}, Seq{0});
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.snapshot = at;
  how.iterate_upper_bound = &upper;
  how.fill_cache = limits.bytes <= kBigPage;
  if (limits.bytes > kBigPage) how.readahead_size = kReadAhead;
  const auto line = engine.iterate(Family::log, how);
  out.lines.reserve(std::min(limits.bytes, kMostReserved));
  Seq read = after;
  out.end = true;
  for (line->Seek(first); line->Valid(); line->Next()) {
    if (out.entries >= std::max<std::uint64_t>(1, limits.entries) || (out.entries > 0 && out.lines.size() >= limits.bytes)) {
      out.end = false;
      break;
    }
    const rocksdb::Slice value = line->value();
    out.lines.append(value.data(), value.size());
    ++out.entries;
    read = seq_of_log_key(view(line->key()));
  }
  if (!line->status().ok()) return engine.error(line->status());
  return read;
}

}  // namespace

Result<Page> DiskFeed::changes(std::string_view partition, const Cursor& after, const PageLimits& limits) const {
  std::optional<PartitionNumber> number;
  {
    const std::shared_lock lock(tables_mutex_);
    number = tables_.partition_named(partition);
    if (!number) return unknown_partition(partition);
  }
  const Snapshot at(engine_->db());
  PartitionRecord record;
  ProgressRecord progress;
  if (auto read = read_record(*engine_, meta_key(Meta::partition, number_, plain(*number)), at.get(), record); !read) return std::move(read).error();
  if (auto read = read_record(*engine_, meta_key(Meta::progress, number_), at.get(), progress); !read) return std::move(read).error();
  if (record.served.generation == 0) {
    const std::shared_lock lock(tables_mutex_);
    return unknown_partition(partition);
  }
  const Standing standing = standing_of(record, progress);
  Page out;
  out.answer = judge(after, standing);
  out.mark.floor = standing.floor;
  out.mark.loading = standing.loading;
  out.mark.as_of = record.replica ? record.as_of : progress.as_of;
  if (out.answer == Answer::ahead) out.mark.cursor = stay(after, standing).cursor;
  if (out.answer != Answer::read) return out;
  auto read = read_lines(*engine_, {number_, *number, record.served.generation}, after.seq, limits, at.get(), out);
  if (!read) return std::move(read).error();
  const Progress made = advance(after, out.end ? standing.head : *read, standing);
  out.mark.cursor = made.cursor;
  out.mark.caught_up = made.caught_up;
  if (made.caught_up) {
    out.mark.count = record.served.count;
    out.mark.digest = record.served.digest;
  }
  return out;
}

}  // namespace meshgate::store
