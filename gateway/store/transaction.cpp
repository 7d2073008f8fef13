#include "gateway/store/transaction.hpp"

#include <algorithm>

#include "gateway/store/packing.hpp"

namespace meshgate::store {

namespace {

constexpr std::uint64_t kTimeEvery = 3'600'000'000;
constexpr std::size_t kMostLeft = 64;  ///< epochs; each was a restore or a promotion

}  // namespace

Transaction::Transaction(DiskFeed& feed, std::size_t bytes)
    : batch(bytes), progress(feed.tables().progress), feed_ref_(feed), quarantine_bytes_(feed.quarantine_sizes().sum) {}

Transaction::Transaction(DiskFeed& feed, Load& load) : Transaction(feed) { load_ = &load; }

PartitionRecord& Transaction::partition(PartitionNumber number) {
  const auto [at, fresh] = partitions_.try_emplace(number);
  if (fresh) {
    const auto& known = feed_ref_.tables().partitions;
    if (const auto old = known.find(number); old != known.end()) at->second = old->second;
  }
  return at->second;
}

PartitionNumber Transaction::partition_named(std::string_view name) {
  if (const auto known = feed_ref_.tables().partition_named(name)) return *known;
  for (const auto& [number, record] : partitions_) {
    if (record.name == name) return number;
  }
  std::uint32_t highest = static_cast<std::uint32_t>(feed_ref_.tables().partitions.size());
  while (partitions_.contains(PartitionNumber{highest})) ++highest;
  PartitionRecord& fresh = partition(PartitionNumber{highest});
  fresh.name = name;
  fresh.served.generation = 1;
  fresh.served.epoch = feed_ref_.tables().feed.epoch;
  return PartitionNumber{highest};
}

StreamRecord& Transaction::stream(StreamNumber number) {
  const auto [at, fresh] = streams_.try_emplace(number);
  if (fresh) {
    const auto& known = feed_ref_.tables().streams;
    if (const auto old = known.find(number); old != known.end()) at->second = old->second;
  }
  return at->second;
}

StreamNumber Transaction::stream_named(std::string_view name) {
  if (const auto known = feed_ref_.tables().stream_named(name)) return *known;
  const StreamNumber fresh{static_cast<std::uint32_t>(feed_ref_.tables().streams.size()) + 1};
  stream(fresh).name = name;
  return fresh;
}

void Transaction::clear_positions() {
  for (const auto& [stream, position] : feed_ref_.tables().positions) positions_[stream] = std::nullopt;
}

void Transaction::leave(const Epoch& epoch) {
  OriginRecord origin = origin_ ? *origin_ : feed_ref_.tables().origin;
  if (std::ranges::find(origin.left, epoch) != origin.left.end()) return;
  if (origin.left.size() == kMostLeft) origin.left.erase(origin.left.begin());
  origin.left.push_back(epoch);
  set_origin(std::move(origin));
}

void Transaction::put_line(const LogRange& range, Seq seq, std::string_view line) {
  key_.clear();
  append_log_key(key_, range, seq);
  if (load_ != nullptr) return load_->put_line(range, key_, line);
  batch.Put(feed_ref_.engine().family(Family::log), key_, slice(line));
}

void Transaction::put_gone(const LogRange& range, Seq seq, std::string_view line, std::string_view id) {
  put_line(range, seq, line);
  batch.Put(feed_ref_.engine().family(Family::gone), key_, slice(id));
}

void Transaction::drop_line(const LogRange& range, Seq seq, bool live) {
  key_.clear();
  append_log_key(key_, range, seq);
  batch.Delete(feed_ref_.engine().family(Family::log), key_);
  if (!live) batch.Delete(feed_ref_.engine().family(Family::gone), key_);
}

void Transaction::put_index(std::string_view index_key, const IndexEntry& entry) {
  value_.clear();
  encode(value_, entry);
  if (greatest_ < index_key) greatest_ = index_key;
  if (load_ != nullptr && index_key > with_write_) return load_->put_index(index_key, value_);
  batch.Put(feed_ref_.engine().family(Family::index), slice(index_key), value_);
}

void Transaction::put_index(std::string_view index_key, const IndexEntry& entry, const std::vector<Membership>& replaced) {
  if (replaced.empty() || index_key <= with_write_) return put_index(index_key, entry);
  IndexEntry both = entry;
  both.memberships.insert(both.memberships.end(), replaced.begin(), replaced.end());
  put_index(index_key, both);
  value_.clear();
  encode(value_, entry);
  batch.Put(feed_ref_.engine().family(Family::index), slice(index_key), value_);
}

void Transaction::drop_index(std::string_view index_key) { batch.Delete(feed_ref_.engine().family(Family::index), slice(index_key)); }

void Transaction::drop_log(const LogRange& range) {
  std::string first;
  append_log_key(first, range, Seq{0});
  std::string last;
  append_log_key(last, {range.feed, range.partition, range.generation + 1}, Seq{0});
  batch.DeleteRange(feed_ref_.engine().family(Family::log), first, last);
  batch.DeleteRange(feed_ref_.engine().family(Family::gone), first, last);
}

bool Transaction::empty() const {
  return batch.Count() == 0 && partitions_.empty() && streams_.empty() && positions_.empty() && !feed_ && !origin_ && !time_ && progress == feed_ref_.tables().progress;
}

bool Transaction::news() const { return !partitions_.empty() || progress.loading != feed_ref_.tables().progress.loading; }

std::optional<std::uint64_t> Transaction::quarantine_size(const std::string& name) const {
  if (const auto changed = quarantine_.find(name); changed != quarantine_.end()) return changed->second;
  const auto& known = feed_ref_.quarantine_sizes().of;
  const auto at = known.find(name);
  return at == known.end() ? std::nullopt : std::optional(at->second);
}

void Transaction::set_quarantine_size(const std::string& name, std::optional<std::uint64_t> size) {
  quarantine_bytes_ = quarantine_bytes_ - quarantine_size(name).value_or(0) + size.value_or(0);
  quarantine_[name] = size;
}

void Transaction::note_time(bool always) {
  const auto at = static_cast<std::uint64_t>(now().count);
  const auto& times = feed_ref_.tables().times;
  if (!always && !times.empty() && at < times.rbegin()->first + kTimeEvery) return;
  time_ = at;
}

void Transaction::encode_tables() {
  const FeedNumber feed = feed_ref_.number();
  auto* meta = feed_ref_.engine().family(Family::meta);
  const auto put = [&](const std::string& key, const auto& record) {
    value_.clear();
    encode(value_, record);
    batch.Put(meta, key, value_);
  };
  if (feed_) put(meta_key(Meta::feed, feed), *feed_);
  if (origin_) put(meta_key(Meta::origin, feed), *origin_);
  if (write_progress_ || progress != feed_ref_.tables().progress) put(meta_key(Meta::progress, feed), progress);
  for (const auto& [number, record] : partitions_) put(meta_key(Meta::partition, feed, plain(number)), record);
  for (const auto& [number, record] : streams_) put(meta_key(Meta::stream, feed, plain(number)), record);
  for (const auto& [number, position] : positions_) {
    const std::string key = meta_key(Meta::position, feed, plain(number));
    if (position) {
      batch.Put(meta, key, *position);
    } else {
      batch.Delete(meta, key);
    }
  }
  for (const auto& [at, seq] : feed_ref_.tables().times) {
    if (at < forget_times_) batch.Delete(meta, time_key(feed, at));
  }
  if (!time_) return;
  value_.clear();
  append_u64(value_, meshgate::number(progress.seq));
  batch.Put(meta, time_key(feed, *time_), value_);
}

void Transaction::publish() {
  if (greatest_ > feed_ref_.greatest_index_key()) feed_ref_.greatest_index_key() = greatest_;
  QuarantineSizes& sizes = feed_ref_.quarantine_sizes();
  sizes.sum = quarantine_bytes_;
  for (const auto& [name, size] : quarantine_) {
    if (size) {
      sizes.of[name] = *size;
    } else {
      sizes.of.erase(name);
    }
  }
  const std::unique_lock lock(feed_ref_.tables_mutex_);
  Tables& tables = feed_ref_.tables_;
  if (feed_) tables.feed = std::move(*feed_);
  if (origin_) tables.origin = *origin_;
  tables.progress = progress;
  for (auto& [number, record] : partitions_) {
    tables.partition_numbers.emplace(record.name, number);
    tables.partitions[number] = std::move(record);
  }
  for (auto& [number, record] : streams_) tables.streams[number] = std::move(record);
  for (auto& [number, position] : positions_) {
    if (position) {
      tables.positions[number] = std::move(*position);
    } else {
      tables.positions.erase(number);
    }
  }
  tables.times.erase(tables.times.begin(), tables.times.lower_bound(forget_times_));
  if (time_) tables.times[*time_] = progress.seq;
}

Status Transaction::commit(Engine::Durably durably) {
  if (empty()) return {};
  note_time(time_.has_value());
  if (load_ != nullptr) {
    if (auto taken = load_->take_in(); !taken) return taken;
  }
  encode_tables();
  if (auto written = feed_ref_.engine().write(batch, durably); !written) return written;
  publish();
  return {};
}

}  // namespace meshgate::store
