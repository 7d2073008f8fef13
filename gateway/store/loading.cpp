// How a feed takes in its first scan: what only adds items behind all that are there goes past the write-ahead log.
#include "gateway/store/committing.hpp"
#include "gateway/store/gathered.hpp"

namespace meshgate::store {

namespace {

/// Below this the files cost more than they save.
constexpr std::size_t kLeastChanges = 500;
constexpr std::size_t kForgetStep = 10'000;
/// The source gives its rows in any order of partitions.
constexpr std::size_t kMostFiles = 16;

/// Whether the batch does nothing but add items whose ids ascend, are their keys, and lie behind `greatest`.
bool appends(const Batch& batch, FeedNumber feed, std::string_view greatest) {
  KeyList keys;
  std::vector<std::string_view> partitions;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto change = batch.change(i, partitions);
    if (change.kind != Batch::Kind::put || change.key.empty() || change.id != change.key) return false;
    keys.add(feed, change.id);
  }
  return keys.ascending() && keys.at(0) > greatest;
}

/// Deletes log entries from `first` on, before `last`.
Status forget_lines(Engine& engine, const std::string& first, const std::string& last) {
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.iterate_upper_bound = &upper;
  const auto at = engine.iterate(Family::log, how);
  for (at->Seek(first); at->Valid();) {
    rocksdb::WriteBatch batch;
    for (; at->Valid() && batch.Count() < kForgetStep; at->Next()) batch.Delete(engine.family(Family::log), at->key());
    if (auto written = engine.write(batch, Engine::Durably::when_convenient); !written) return written;
  }
  return at->status().ok() ? Status() : engine.error(at->status());
}

}  // namespace

DiskFeed::DiskFeed(std::shared_ptr<Engine> engine, FeedNumber number) : engine_(std::move(engine)), number_(number) {}
DiskFeed::~DiskFeed() = default;

bool DiskFeed::may_gather(const Batch& batch) const {
  if (!tables_.progress.loading || !loads_pay_ || batch.size() < kLeastChanges || !engine_->takes_files()) return false;
  if (batch.scanned() || batch.held() || batch.loading() || !quarantine_sizes_.of.empty()) return false;
  for (const auto& [number, stream] : tables_.streams) {
    if (stream.own_ids) return false;
  }
  return appends(batch, number_, gathered_ ? gathered_->out.greatest() : greatest_index_key_);
}

Result<Outcome> DiskFeed::gather(const Batch& batch, Seen* seen) {
  {
    const std::lock_guard lock(write_mutex_);
    if (auto may = may_commit(); !may) return std::move(may).error();
    if (may_gather(batch)) return gather_now(batch, seen);
  }
  return commit(batch, seen);
}

Result<Outcome> DiskFeed::gather_now(const Batch& batch, Seen* seen) {
  if (lost_) return *std::exchange(lost_, std::nullopt);
  if (auto ready = tidied_up(); !ready) return std::move(ready).error();
  if (!gathered_) gathered_ = std::make_unique<Gathered>(*this, kMostFiles);
  auto outcome = Commit(*this, batch, seen, gathered_->out).gather();
  Status done = outcome ? gathered_->load.status() : Status(outcome.error());
  if (done && !gathered_->load.full()) return outcome;
  if (done) done = take_in();
  gathered_.reset();
  return done ? outcome : Result<Outcome>(std::move(done).error());
}

Status DiskFeed::finish() {
  const std::lock_guard lock(write_mutex_);
  return settled();
}

/// The turn of whoever gave what was gathered to write.
Status DiskFeed::settled() {
  if (lost_) return *std::exchange(lost_, std::nullopt);
  return settled_now();
}

/// The turn of a writer that knows nothing of it: if it fails, whoever gave it is told at its next call.
Status DiskFeed::settled_for_others() {
  const bool gathered = gathered_ != nullptr;
  auto done = settled_now();
  if (!done && gathered) lost_ = done.error();
  return done;
}

Status DiskFeed::settled_now() {
  if (auto ready = tidied_up(); !ready) return ready;
  if (!gathered_) return {};
  auto done = take_in();
  gathered_.reset();
  return done;
}

Status DiskFeed::take_in() {
  if (auto settled = gathered_->items.settle(gathered_->out); !settled) return settled;
  loads_pay_ = gathered_->load.worthwhile();
  unfinished_ = true;
  if (auto done = gathered_->out.commit(Engine::Durably::yes); !done) return done;
  unfinished_ = false;
  notify();
  return {};
}

/// Entries that were taken in, and then the write failed that would have made them count, or the node died before it: they lie beyond the heads and the
/// seq. No partition that is not in the tables can have others.
Status DiskFeed::drop_unfinished() {
  if (follows()) return drop_unfinished_copies();
  std::string from = feed_prefix(number_);
  for (const auto& [number, record] : tables_.partitions) {
    const LogRange range{number_, number, record.served.generation};
    std::string first;
    append_log_key(first, range, next(record.served.head));
    std::string last;
    append_log_key(last, {number_, number, record.served.generation + 1}, Seq{0});
    if (auto forgotten = forget_lines(*engine_, first, last); !forgotten) return forgotten;
    from = last;
  }
  if (auto forgotten = forget_lines(*engine_, from, behind(feed_prefix(number_))); !forgotten) return forgotten;
  if (auto forgotten = drop_unfinished_index(); !forgotten) return forgotten;
  unfinished_ = false;
  return load_greatest_index_key();
}

/// They were put behind all others, so they are the last ones.
Status DiskFeed::drop_unfinished_index() {
  const std::string first = feed_prefix(number_);
  const auto at = engine_->iterate(Family::index, {});
  IndexEntry entry;
  bool more = true;
  for (at->SeekForPrev(behind(first)); more;) {
    rocksdb::WriteBatch batch;
    for (; batch.Count() < kForgetStep; at->Prev()) {
      more = at->Valid() && at->key().starts_with(first) && decode(view(at->value()), entry) && tables_.unfinished(entry);
      if (!more) break;
      batch.Delete(engine_->family(Family::index), at->key());
    }
    if (auto written = engine_->write(batch, Engine::Durably::when_convenient); !written) return written;
  }
  return at->status().ok() ? Status() : engine_->error(at->status());
}

void DiskFeed::forget_gathered() { gathered_.reset(); }

Status DiskFeed::tidied_up() { return unfinished_ ? drop_unfinished() : Status(); }

}  // namespace meshgate::store
