// How a partition lets go of its oldest entries: its one trim line tells readers through which seq. One write a step, so that commits get their turn.
#include <algorithm>

#include "gateway/store/shrinking.hpp"

namespace meshgate::store {

struct DiskFeed::Room {
  Seq through{0};                                                    ///< entries up to here go
  Micros since{0};                                                   ///< so do items whose time is earlier
  std::uint64_t count = std::numeric_limits<std::uint64_t>::max();  ///< and those beyond so many

  [[nodiscard]] bool has(const PutLine& put, std::uint64_t items) const { return put.seq > through && put.at >= since && items <= count; }
};

namespace {

/// The entries that one step lets go of, all of them below every other.
struct Leaving {
  std::vector<Going> entries;
  std::uint64_t items = 0;
  Micros latest{0};  ///< time of an item among them
  [[nodiscard]] bool full() const { return entries.size() == kShrinkStep; }
};

/// Begins behind what the last trim took, which may still be on its way out of the disk.
template <class Room>
Result<Leaving> leaving(const Engine& engine, const LogRange& range, const Copy& copy, const Room& room) {
  std::string first;
  append_log_key(first, range, next(copy.trim_through));
  std::string last;
  append_log_key(last, range, next(copy.head));
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.iterate_upper_bound = &upper;
  const auto at = engine.iterate(Family::log, how);
  Leaving out;
  LineParser parser;
  std::size_t sure = 0;  // gone entries go with an item behind them
  for (at->Seek(first); at->Valid() && !out.full(); at->Next()) {
    std::string_view text = view(at->value());
    if (!text.empty()) text.remove_suffix(1);
    const auto line = parser.parse(text);
    if (!line) return Error{Code::corrupt, line.error().message};
    if (const auto* gone = std::get_if<GoneLine>(&*line)) {
      out.entries.push_back({gone->seq, std::string(gone->id)});
      if (gone->seq <= room.through) sure = out.entries.size();
    }
    const auto* put = std::get_if<PutLine>(&*line);
    if (put == nullptr) continue;
    if (room.has(*put, copy.count - out.items)) break;
    out.entries.push_back({put->seq, std::string(put->id)});
    ++out.items;
    out.latest = std::max(out.latest, put->at);
    sure = out.entries.size();
  }
  if (!at->status().ok()) return engine.error(at->status());
  if (!out.full()) out.entries.resize(sure);
  return out;
}

}  // namespace

/// False: no more is to go.
Result<bool> DiskFeed::trim_step(std::string_view partition, const Room& room, std::uint64_t& items) {
  const std::lock_guard lock(write_mutex_);
  if (erased_) return erased();
  const auto number = tables_.partition_named(partition);
  if (!number || tables_.partitions.at(*number).served.generation == 0) return unknown_partition(partition);
  if (tables_.partitions.at(*number).replica) {
    return Error{Code::conflict, "feed '" + tables_.feed.name + "' follows another node: its entries expire there"};
  }
  const Copy& now = tables_.partitions.at(*number).served;
  const LogRange range{number_, *number, now.generation};
  auto list = leaving(*engine_, range, now, room);
  if (!list) return std::move(list).error();
  if (list->entries.empty()) return false;
  if (auto ready = settled_for_others(); !ready) return std::move(ready).error();
  Transaction out(*this);
  PartitionRecord& record = out.partition(*number);
  Copy& copy = record.served;
  if (auto forgotten = forget_all(out, *engine_, range, copy, list->entries); !forgotten) return std::move(forgotten).error();
  const Seq reached = list->entries.back().seq;
  const Seq through = list->full() ? reached : std::max(reached, std::min(room.through, copy.head));
  put_trim(out, range, copy, out.progress.seq = next(out.progress.seq), through);
  copy.head = copy.trim_seq;
  record.expired = std::max(record.expired, list->latest);
  out.progress.expired += list->items;
  if (auto written = out.commit(Engine::Durably::yes); !written) return std::move(written).error();
  items += list->items;
  return list->full();
}

Status DiskFeed::trim(std::string_view partition, Seq through) {
  std::uint64_t items = 0;
  for (bool more = true; more;) {
    auto step = trim_step(partition, {.through = through}, items);
    if (!step) return std::move(step).error();
    more = *step;
    notify();
  }
  return {};
}

Result<std::uint64_t> DiskFeed::expire(const Keep& keep) {
  std::vector<std::string> names;
  {
    const std::shared_lock lock(tables_mutex_);
    if (tables_.progress.loading) return 0;
    for (const auto& [number, record] : tables_.partitions) {
      if (record.served.count > (keep.age.count > 0 ? 0 : keep.count)) names.push_back(record.name);
    }
  }
  Room room{.since = keep.since(now())};
  if (keep.count > 0) room.count = keep.count;
  std::uint64_t items = 0;
  for (const std::string& name : names) {
    const std::uint64_t before = items;
    if (auto step = trim_step(name, room, items); !step) return std::move(step).error();
    if (items > before) notify();
  }
  return items;
}

}  // namespace meshgate::store
