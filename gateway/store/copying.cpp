// How a replica takes in a first copy: pages that only add entries behind those of a copy that is not served yet go past the write-ahead log.
#include "gateway/store/following.hpp"
#include "gateway/store/gathered.hpp"

namespace meshgate::store {

namespace {

/// A smaller page does not begin a load: the files cost more than they save.
constexpr std::size_t kLeastBytes = 64U << 10U;
/// Pages come large, and each is of one partition.
constexpr std::size_t kMostPartitions = 128;
constexpr std::size_t kDropStep = 10'000;

}  // namespace

Status DiskFeed::follow(std::string_view partition, const Cursor& from, std::string_view lines, const Mark& mark) {
  auto page = PageLines::read(lines, mark);
  if (!page) return std::move(page).error().within("feed '" + state().name + "'");
  {
    const std::lock_guard lock(write_mutex_);
    if (erased_) return erased();
    if (lost_) return *std::exchange(lost_, std::nullopt);
    auto kept = keep_back(partition, from, *page, mark);
    if (!kept) return std::move(kept).error();
    if (*kept) return {};
    if (auto ready = settled(); !ready) return ready;
    if (auto taken = follow_now(partition, from, *page, mark); !taken) return taken;
  }
  notify();
  return {};
}

/// False: it is for follow_now() to take, behind what was kept back before.
Result<bool> DiskFeed::keep_back(std::string_view partition, const Cursor& from, const PageLines& page, const Mark& mark) {
  const bool fresh = gathered_ == nullptr;
  if (page.bytes() < kLeastBytes && (fresh || page.all().empty())) return false;
  if (!tables_.partition_named(partition) || !engine_->takes_files()) return false;
  if (auto ready = tidied_up(); !ready) return std::move(ready).error();
  if (fresh) gathered_ = std::make_unique<Gathered>(*this, kMostPartitions);
  Follow work(*this, {partition, from, mark}, gathered_->out);
  if (!work.appends(page)) {
    if (fresh) gathered_.reset();
    return false;
  }
  work.gather(page, gathered_->items);
  Status done = gathered_->load.status();
  if (done && !gathered_->load.full() && !gathered_->items.full()) return true;
  if (done) done = take_in();
  gathered_.reset();
  return done ? Result<bool>(true) : std::move(done).error();
}

/// Entries of copies that were taken in, and then the write failed that would have made them count, or the node died before it: they lie beyond the
/// copy's head, and each has an index entry that came with it.
Status DiskFeed::drop_unfinished_copies() {
  for (const auto& [number, record] : tables_.partitions) {
    const Copy& copy = record.building;
    for (bool more = copy.generation != 0; more;) {
      auto step = drop_unfinished_step({number_, number, copy.generation}, copy.head);
      if (!step) return std::move(step).error();
      more = *step;
    }
  }
  unfinished_ = false;
  return load_greatest_index_key();
}

/// True while there is more.
Result<bool> DiskFeed::drop_unfinished_step(const LogRange& range, Seq head) {
  auto list = entries_behind(*engine_, range, head, kDropStep);
  if (!list) return std::move(list).error();
  rocksdb::WriteBatch batch;
  IndexEntry entry;
  std::string key;
  std::string value;
  for (const Going& going : *list) {
    key.clear();
    append_index_key(key, number_, going.id);
    auto stored = engine_->get(Family::index, key);
    if (!stored) return std::move(stored).error();
    if (*stored && !decode(**stored, entry)) return Error{Code::corrupt, "the index entry of item '" + going.id + "' is damaged"};
    const auto beyond = [&](const Membership& one) { return one.partition == range.partition && one.generation == range.generation && one.seq > head; };
    if (*stored && std::erase_if(entry.memberships, beyond) > 0) {
      value.clear();
      encode(value, entry);
      if (entry.memberships.empty()) batch.Delete(engine_->family(Family::index), key);
      else batch.Put(engine_->family(Family::index), key, value);
    }
    key.clear();
    append_log_key(key, range, going.seq);
    batch.Delete(engine_->family(Family::log), key);
  }
  if (auto written = engine_->write(batch, Engine::Durably::when_convenient); !written) return std::move(written).error();
  return list->size() == kDropStep;
}

}  // namespace meshgate::store
