#include "gateway/store/shrinking.hpp"

#include <algorithm>

namespace meshgate::store {

namespace {

/// The key bounds of some of a copy's entries, both included.
struct Bounds {
  std::string first;
  std::string last;
  rocksdb::Slice upper;
  Bounds(const LogRange& range, Seq from, Seq through) {
    append_log_key(first, range, from);
    append_log_key(last, range, next(through));
    upper = last;
  }
  Bounds(const Bounds&) = delete;
  Bounds& operator=(const Bounds&) = delete;
  [[nodiscard]] rocksdb::ReadOptions options() const {
    rocksdb::ReadOptions how;
    how.iterate_upper_bound = &upper;
    return how;
  }
};

Result<std::vector<Going>> gone_entries(const Engine& engine, const LogRange& range, Seq through) {
  const Bounds bounds(range, Seq{0}, through);
  const auto at = engine.iterate(Family::gone, bounds.options());
  std::vector<Going> out;
  for (at->Seek(bounds.first); at->Valid() && out.size() < kShrinkStep; at->Next()) {
    out.push_back({seq_of_log_key(view(at->key())), std::string(view(at->value()))});
  }
  if (!at->status().ok()) return engine.error(at->status());
  return out;
}

Result<std::vector<Going>> entries(const Engine& engine, const Bounds& bounds, std::size_t most) {
  const auto at = engine.iterate(Family::log, bounds.options());
  std::vector<Going> out;
  LineParser parser;
  for (at->Seek(bounds.first); at->Valid() && out.size() < most; at->Next()) {
    std::string_view text = view(at->value());
    if (!text.empty()) text.remove_suffix(1);
    const auto line = parser.parse(text);
    if (!line) return Error{Code::corrupt, line.error().message};
    if (const auto* put = std::get_if<PutLine>(&*line)) out.push_back({put->seq, std::string(put->id)});
    if (const auto* gone = std::get_if<GoneLine>(&*line)) out.push_back({gone->seq, std::string(gone->id)});
  }
  if (!at->status().ok()) return engine.error(at->status());
  return out;
}

}  // namespace

Result<std::vector<Going>> entries_through(const Engine& engine, const LogRange& range, Seq through, std::size_t most) {
  return entries(engine, Bounds(range, Seq{0}, through), most);
}

Result<std::vector<Going>> entries_behind(const Engine& engine, const LogRange& range, Seq after, std::size_t most) {
  return entries(engine, Bounds(range, next(after), Seq{~std::uint64_t{0} - 1}), most);
}

bool any_live(const IndexEntry& entry) {
  return std::any_of(entry.memberships.begin(), entry.memberships.end(), [](const Membership& one) { return one.live; });
}

Status forget_entry(Transaction& out, const LogRange& range, Copy& copy, const Going& going, IndexEntry& entry) {
  const auto one = std::find_if(entry.memberships.begin(), entry.memberships.end(), [&](const Membership& m) {
    return m.partition == range.partition && m.generation == range.generation && m.seq == going.seq;
  });
  if (one == entry.memberships.end()) return Error{Code::corrupt, "item '" + going.id + "' does not know of its log entry " + std::to_string(number(going.seq))};
  out.drop_line(range, one->seq, one->live);
  if (one->live) {
    --copy.count;
    copy.digest.remove(one->hash);
  }
  entry.memberships.erase(one);
  return {};
}

Status forget_all(Transaction& out, const Engine& engine, const LogRange& range, Copy& copy, const std::vector<Going>& list) {
  IndexEntry entry;
  std::string key;
  for (const Going& going : list) {
    key.clear();
    append_index_key(key, range.feed, going.id);
    auto value = engine.get(Family::index, key);
    if (!value) return std::move(value).error();
    if (!*value || !decode(**value, entry)) return Error{Code::corrupt, "item '" + going.id + "' has a log entry but no index entry"};
    const bool was_live = any_live(entry);
    if (auto forgotten = forget_entry(out, range, copy, going, entry); !forgotten) return forgotten;
    if (was_live && !any_live(entry)) {
      --out.progress.items;
      if (!entry.key.empty()) out.batch.Delete(engine.family(Family::origins), origin_key(range.feed, entry.stream, entry.key));
      entry.stream = StreamNumber{};
      entry.key.clear();
    }
    if (entry.memberships.empty()) {
      out.drop_index(key);
    } else {
      out.put_index(key, entry);
    }
  }
  return {};
}

Result<bool> DiskFeed::purge_step(std::string_view partition, Seq through) {
  const std::lock_guard lock(write_mutex_);
  if (erased_) return erased();
  if (auto ready = settled_for_others(); !ready) return std::move(ready).error();
  const auto number = tables_.partition_named(partition);
  if (!number || tables_.partitions.at(*number).served.generation == 0) return unknown_partition(partition);
  Transaction out(*this);
  const Copy& now = tables_.partitions.at(*number).served;
  through = std::min(through, now.head);
  const LogRange range = out.range(*number, now.generation);
  auto list = gone_entries(*engine_, range, through);
  if (!list) return std::move(list).error();
  const bool more = list->size() == kShrinkStep;
  if (list->empty() && through <= now.floor) return false;
  Copy& copy = out.partition(*number).served;
  if (auto forgotten = forget_all(out, *engine_, range, copy, *list); !forgotten) return std::move(forgotten).error();
  copy.floor = std::max(copy.floor, more ? list->back().seq : through);
  if (auto written = out.commit(Engine::Durably::yes); !written) return std::move(written).error();
  return more;
}

/// In steps, so that commits get their turn.
Status DiskFeed::purge(std::string_view partition, Seq through) {
  for (bool more = true; more;) {
    auto step = purge_step(partition, through);
    if (!step) return std::move(step).error();
    more = *step;
  }
  return {};
}

Status DiskFeed::purge_older(Micros age) {
  Seq through{0};
  std::vector<std::string> names;
  {
    const std::lock_guard lock(write_mutex_);
    if (erased_) return erased();
    if (auto ready = settled_for_others(); !ready) return ready;
    Transaction out(*this);
    out.note_time_now();
    if (auto written = out.commit(Engine::Durably::when_convenient); !written) return written;
    const std::int64_t limit = std::max<std::int64_t>(0, now().count - age.count);
    const auto behind = tables_.times.upper_bound(static_cast<std::uint64_t>(limit));
    if (behind == tables_.times.begin()) return {};
    through = std::prev(behind)->second;
    Transaction tidy(*this);
    tidy.forget_times_before(std::prev(behind)->first);
    if (auto written = tidy.commit(Engine::Durably::when_convenient); !written) return written;
    for (const auto& [number, record] : tables_.partitions) {
      if (record.served.generation != 0) names.push_back(record.name);
    }
  }
  for (const std::string& name : names) {
    if (auto purged = purge(name, through); !purged) return purged;
  }
  return {};
}

void put_trim(Transaction& out, const LogRange& range, Copy& copy, Seq seq, Seq through) {
  if (copy.trim_seq != Seq{0}) out.drop_line(range, copy.trim_seq, true);
  std::string line;
  append_trim(line, seq, through);
  out.put_line(range, seq, line);
  copy.trim_seq = seq;
  copy.trim_through = through;
}

}  // namespace meshgate::store
