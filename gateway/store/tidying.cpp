#include <algorithm>

#include "gateway/store/shrinking.hpp"

namespace meshgate::store {

/// Takes memberships of copies that are no more out of the index, some entries at a time; true while there is more.
Result<bool> DiskFeed::tidy_step(PartitionNumber partition, std::string& from) {
  const PartitionRecord& record = tables_.partitions.at(partition);
  const std::string last = behind(feed_prefix(number_));
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.iterate_upper_bound = &upper;
  const auto at = engine_->iterate(Family::index, how);
  Transaction out(*this);
  IndexEntry entry;
  std::size_t met = 0;
  for (at->Seek(from); at->Valid() && met < kShrinkStep; at->Next(), ++met) {
    if (!decode(view(at->value()), entry)) return Error{Code::corrupt, "an index entry of feed '" + tables_.feed.name + "' is damaged"};
    from.assign(view(at->key()));
    from += '\0';
    const bool was_live = any_live(entry);
    const auto dropped = std::erase_if(entry.memberships, [&](const Membership& one) {
      return one.partition == partition && one.generation != record.served.generation && one.generation != record.building.generation;
    });
    if (dropped == 0) continue;
    if (was_live && !any_live(entry)) --out.progress.items;
    if (entry.memberships.empty()) {
      out.drop_index(view(at->key()));
    } else {
      out.put_index(view(at->key()), entry);
    }
  }
  const bool more = at->Valid();
  if (!at->status().ok()) return engine_->error(at->status());
  if (!more) out.partition(partition).stale = false;
  if (auto written = out.commit(Engine::Durably::when_convenient); !written) return std::move(written).error();
  return more;
}

Status DiskFeed::tidy(PartitionNumber partition) {
  if (!tables_.partitions.at(partition).stale) return {};
  std::string from = feed_prefix(number_);
  for (bool more = true; more;) {
    auto step = tidy_step(partition, from);
    if (!step) return std::move(step).error();
    more = *step;
  }
  return {};
}

Status DiskFeed::resume() {
  const std::lock_guard lock(write_mutex_);
  const auto grows = [](const auto& one) { return one.second.building.generation != 0; };
  unfinished_ = follows() ? std::ranges::any_of(tables_.partitions, grows) : tables_.progress.loading;
  if (auto ready = tidied_up(); !ready) return ready;
  std::vector<PartitionNumber> stale;
  for (const auto& [number, record] : tables_.partitions) {
    if (record.stale) stale.push_back(number);
  }
  for (const PartitionNumber number : stale) {
    if (auto tidied = tidy(number); !tidied) return tidied;
  }
  Transaction out(*this);
  out.note_time_now();
  return out.commit(Engine::Durably::when_convenient);
}

}  // namespace meshgate::store
