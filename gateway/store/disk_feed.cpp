#include "gateway/store/disk_feed.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

#include "gateway/store/committing.hpp"
#include "gateway/store/following.hpp"
#include "gateway/store/packing.hpp"

namespace meshgate::store {

Bits128 random_bits() {
  unsigned char bytes[16];
  // Without a source of random bits no identity can be made; nothing sensible is left to do.
  if (RAND_bytes(bytes, sizeof bytes) != 1) std::abort();
  bytes[15] |= 1;
  return Bits128::from_bytes(bytes);
}

std::optional<PartitionNumber> Tables::partition_named(std::string_view name) const {
  const auto at = partition_numbers.find(name);
  return at == partition_numbers.end() ? std::nullopt : std::optional(at->second);
}

std::optional<StreamNumber> Tables::stream_named(std::string_view name) const {
  const auto at = std::find_if(streams.begin(), streams.end(), [&](const auto& one) { return one.second.name == name; });
  return at == streams.end() ? std::nullopt : std::optional(at->first);
}

Standing standing_of(const PartitionRecord& partition, const ProgressRecord& progress) {
  Standing out;
  out.epoch = partition.served.epoch;
  out.head = partition.served.head;
  out.floor = partition.served.floor;
  out.replica = partition.replica;
  out.loading = partition.replica ? partition.loading : progress.loading;
  out.unfinished = partition.replica && partition.served.cursor.high != Seq{0};
  out.owed = partition.replica ? partition.served.cursor.high : Seq{0};
  return out;
}

Result<std::shared_ptr<DiskFeed>> DiskFeed::create(std::shared_ptr<Engine> engine, FeedNumber number, std::string_view name, const Origin* origin) {
  std::shared_ptr<DiskFeed> out(new DiskFeed(std::move(engine), number));
  FeedRecord record;
  record.name = name;
  record.uid.bits = random_bits();
  record.epoch.bits = random_bits();
  if (origin != nullptr) {
    record.uid = origin->uid;
    record.schema = origin->schema;
    record.divided = origin->divided;
  }
  out->tables_.feed.epoch = record.epoch;
  Transaction first(*out);
  first.set_feed(record);
  const PartitionNumber undivided = first.partition_named("");
  if (origin != nullptr) become_replica(first, undivided);
  std::string next;
  Packer(next).number(plain(number) + 1U);
  first.batch.Put(out->engine_->family(Family::meta), meta_key(Meta::next_feed), next);
  first.write_progress();
  if (auto written = first.commit(Engine::Durably::yes); !written) return std::move(written).error();
  return out;
}

Result<std::shared_ptr<DiskFeed>> DiskFeed::load(std::shared_ptr<Engine> engine, FeedNumber number) {
  std::shared_ptr<DiskFeed> out(new DiskFeed(std::move(engine), number));
  if (auto read = out->load_tables(); !read) return std::move(read).error();
  if (auto read = out->load_quarantine_sizes(); !read) return std::move(read).error();
  if (auto read = out->load_greatest_index_key(); !read) return std::move(read).error();
  return out;
}

Status DiskFeed::load_tables() {
  rocksdb::ReadOptions how;
  const auto at = engine_->iterate(Family::meta, how);
  for (const Meta kind : {Meta::feed, Meta::progress, Meta::partition, Meta::stream, Meta::position, Meta::time, Meta::origin}) {
    const std::string first = meta_key(kind, number_);
    for (at->Seek(first); at->Valid() && at->key().starts_with(first); at->Next()) {
      if (auto read = load_meta(view(at->key()), view(at->value())); !read) return read;
    }
  }
  if (!at->status().ok()) return engine_->error(at->status());
  for (const auto& [number, record] : tables_.partitions) tables_.partition_numbers.emplace(record.name, number);
  return {};
}

Status DiskFeed::load_meta(std::string_view key, std::string_view value) {
  const std::uint32_t part = key.size() == 9 ? read_u32(key.data() + 5) : 0;
  bool fine = true;
  switch (static_cast<Meta>(key.front())) {
    case Meta::feed: fine = decode(value, tables_.feed); break;
    case Meta::progress: fine = decode(value, tables_.progress); break;
    case Meta::partition: fine = decode(value, tables_.partitions[PartitionNumber{part}]); break;
    case Meta::stream: fine = decode(value, tables_.streams[StreamNumber{part}]); break;
    case Meta::position: tables_.positions[StreamNumber{part}] = value; break;
    case Meta::time: tables_.times[read_u64(key.data() + 5)] = Seq{read_u64(value.data())}; break;
    case Meta::origin: fine = decode(value, tables_.origin); break;
    case Meta::next_feed:
    case Meta::birth: break;
  }
  if (fine) return {};
  return Error{Code::corrupt, "data folder " + engine_->folder().string() + ": the tables of feed '" + tables_.feed.name +
                                  "' are damaged: restore a backup with `meshgate restore`"};
}

Status DiskFeed::load_greatest_index_key() {
  const std::string first = feed_prefix(number_);
  const std::string last = behind(first);
  const auto at = engine_->iterate(Family::index, {});
  at->SeekForPrev(last);
  if (at->Valid() && at->key().starts_with(first)) greatest_index_key_ = view(at->key());
  if (!at->status().ok()) return engine_->error(at->status());
  return {};
}

FeedState DiskFeed::state() const {
  const std::shared_lock lock(tables_mutex_);
  const FeedRecord& feed = tables_.feed;
  const ProgressRecord& progress = tables_.progress;
  FeedState out{.name = feed.name, .uid = feed.uid, .epoch = feed.epoch, .seq = progress.seq, .schema = feed.schema, .rules = feed.rules,
                .divided = feed.divided, .loading = progress.loading, .as_of = progress.as_of, .held = progress.held, .count = progress.items};
  out.quarantined = progress.quarantined + progress.beyond;
  out.beyond = progress.beyond;
  out.expired = progress.expired;
  for (const auto& [number, one] : tables_.partitions) {
    out.loading = out.loading || (one.served.generation == 0 && one.building.generation != 0);
    if (one.served.generation == 0 || (feed.divided && one.name.empty() && one.served.head == Seq{0})) continue;
    out.partitions.push_back({one.name, standing_of(one, progress), one.served.count, one.served.digest});
  }
  std::sort(out.partitions.begin(), out.partitions.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

std::optional<Standing> DiskFeed::standing(std::string_view partition) const {
  const std::shared_lock lock(tables_mutex_);
  const auto number = tables_.partition_named(partition);
  if (!number) return std::nullopt;
  const PartitionRecord& found = tables_.partitions.at(*number);
  if (found.served.generation == 0) return std::nullopt;
  if (tables_.feed.divided && partition.empty() && found.served.head == Seq{0}) return std::nullopt;
  return standing_of(found, tables_.progress);
}

bool DiskFeed::follows() const {
  return std::any_of(tables_.partitions.begin(), tables_.partitions.end(), [](const auto& one) { return one.second.replica; });
}

Status DiskFeed::may_commit() const {
  if (erased_) return erased();
  if (tables_.origin.superseded) return stepped_down();
  if (!follows()) return {};
  return Error{Code::conflict, "feed '" + tables_.feed.name + "' follows another node and cannot have a source of its own: remove one of the two"};
}

Result<Outcome> DiskFeed::rehearse(const Batch& batch, Seen* seen, const Differs& differs) {
  const std::lock_guard lock(write_mutex_);
  if (auto may = may_commit(); !may) return std::move(may).error();
  return Commit(*this, batch, seen).rehearse(differs);
}

Result<Outcome> DiskFeed::commit(const Batch& batch, Seen* seen) {
  std::unique_lock lock(write_mutex_);
  if (auto may = may_commit(); !may) return std::move(may).error();
  if (auto ready = settled(); !ready) return std::move(ready).error();
  Commit work(*this, batch, seen);
  auto outcome = work.run();
  const bool news = outcome.has_value() && work.news();
  lock.unlock();
  if (news) notify();
  return outcome;
}

Status DiskFeed::define(const Schema& schema, const std::string& rules, bool divided) {
  const std::lock_guard lock(write_mutex_);
  if (erased_) return erased();
  if (auto ready = settled_for_others(); !ready) return ready;
  FeedRecord next = tables_.feed;
  if (!next.schema.same_shape(schema)) {
    const auto version = next.schema.version + 1;
    next.schema = schema;
    next.schema.version = version;
  }
  const bool same = next.schema.version == tables_.feed.schema.version && rules == next.rules && divided == next.divided;
  if (same) return {};
  Transaction out(*this);
  if (rules != next.rules) out.clear_positions();
  next.rules = rules;
  next.divided = divided;
  out.set_feed(std::move(next));
  return out.commit(Engine::Durably::yes);
}

Result<std::optional<Position>> DiskFeed::position(std::string_view stream) const {
  const std::shared_lock lock(tables_mutex_);
  const auto number = tables_.stream_named(stream);
  if (!number) return std::optional<Position>{};
  const auto at = tables_.positions.find(*number);
  if (at == tables_.positions.end()) return std::optional<Position>{};
  return std::optional<Position>(Position{at->second});
}

Status DiskFeed::erase() {
  const std::lock_guard lock(write_mutex_);
  forget_gathered();
  rocksdb::WriteBatch batch;
  for (const Family family : {Family::log, Family::gone, Family::index, Family::origins, Family::quarantine}) {
    const std::string first = feed_prefix(number_);
    batch.DeleteRange(engine_->family(family), first, behind(first));
  }
  for (const Meta kind : {Meta::feed, Meta::progress, Meta::partition, Meta::stream, Meta::position, Meta::time, Meta::origin}) {
    const std::string first = meta_key(kind, number_);
    batch.DeleteRange(engine_->family(Family::meta), first, behind(first));
  }
  if (auto written = engine_->write(batch, Engine::Durably::yes); !written) return written;
  {
    const std::unique_lock publish(tables_mutex_);
    erased_ = true;
    tables_.partitions.clear();
    tables_.partition_numbers.clear();
    tables_.positions.clear();
  }
  notify();
  return {};
}

Status DiskFeed::begin_again() {
  const std::lock_guard lock(write_mutex_);
  if (auto ready = settled_for_others(); !ready) return ready;
  // A replica's order is its origin's and goes on from where the copy ends.
  if (follows()) return {};
  Transaction out(*this);
  FeedRecord next = tables_.feed;
  next.epoch.bits = random_bits();
  // What its source has brought since the backup is not here: nobody is told "caught up" before it was read again.
  if (!tables_.positions.empty()) out.progress.loading = true;
  out.clear_positions();
  for (const auto& [number, record] : tables_.partitions) out.partition(number).served.epoch = next.epoch;
  out.set_feed(std::move(next));
  return out.commit(Engine::Durably::yes);
}

std::shared_ptr<void> DiskFeed::subscribe(std::function<void()> on_commit) {
  const std::lock_guard lock(subscribers_->mutex);
  const std::uint64_t ticket = subscribers_->next++;
  subscribers_->calls.emplace(ticket, std::move(on_commit));
  return {nullptr, [subscribers = subscribers_, ticket](void*) {
            const std::lock_guard ending(subscribers->mutex);
            subscribers->calls.erase(ticket);
          }};
}

void DiskFeed::notify() const {
  const std::lock_guard lock(subscribers_->mutex);
  for (const auto& [ticket, call] : subscribers_->calls) call();
}

Error DiskFeed::unknown_partition(std::string_view name) const {
  return {Code::not_found, "feed '" + tables_.feed.name + "' has no partition '" + std::string(name) + "' here"};
}

Error DiskFeed::erased() const { return {Code::not_found, "feed '" + tables_.feed.name + "' was removed from this node"}; }

}  // namespace meshgate::store
