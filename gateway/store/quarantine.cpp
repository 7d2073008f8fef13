#include "gateway/store/quarantine.hpp"

#include <algorithm>

#include "gateway/store/packing.hpp"

namespace meshgate::store {

namespace {

std::string disk_key(const DiskFeed& feed, std::string_view name) {
  return quarantine_key(feed.number(), name.substr(4), StreamNumber{read_u32(name.data())});
}

Error damaged_entry(std::string_view key) {
  return {Code::corrupt, "the quarantine entry of key '" + std::string(key) + "' is damaged: restore a backup with `meshgate restore`"};
}

Quarantined as_shown(const QuarantineName& name, QuarantineRecord record, const std::string& stream) {
  return {stream, name.key, std::move(record.reason), std::move(record.raw), record.first, record.last, record.times};
}

}  // namespace

std::string quarantine_name(std::string_view key, StreamNumber stream) {
  std::string out;
  append_u32(out, plain(stream));
  out.append(key);
  return out;
}

namespace {

/// The same record has the same name at every scan.
std::string name_without_key(const Batch::Change& what) { return "?" + content_hash(what.reason, what.raw).bits.hex().substr(0, 16); }

}  // namespace

Result<bool> keep_quarantined(Transaction& out, DiskFeed& feed, StreamNumber stream, const Batch::Change& what, Micros at) {
  const std::string key = what.key.empty() ? name_without_key(what) : std::string(what.key);
  const std::string name = quarantine_name(key, stream);
  QuarantineRecord record;
  record.first = at;
  record.reason = what.reason.substr(0, kMaxReason);
  record.raw = what.raw.substr(0, kMaxRaw);
  const std::uint64_t size = key.size() + record.reason.size() + record.raw.size();
  if (out.quarantine_size(name)) {
    auto old = feed.engine().get(Family::quarantine, disk_key(feed, name));
    if (!old) return std::move(old).error();
    QuarantineRecord before;
    if (*old && !decode(**old, before)) return damaged_entry(key);
    record.first = before.first;
    record.times = before.times;
  } else if (out.progress.quarantined >= kMaxQuarantined || out.quarantine_bytes() + size > kMaxQuarantineBytes) {
    ++out.progress.beyond;
    return false;
  } else {
    ++out.progress.quarantined;
  }
  out.set_quarantine_size(name, size);
  record.last = at;
  ++record.times;
  std::string value;
  encode(value, record);
  out.batch.Put(feed.engine().family(Family::quarantine), disk_key(feed, name), value);
  return true;
}

Status settle_quarantine(Transaction& out, DiskFeed& feed, StreamNumber stream, const Batch::Scanned& scanned) {
  const std::string last = behind(feed_prefix(feed.number()));
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.iterate_upper_bound = &upper;
  const auto at = feed.engine().iterate(Family::quarantine, how);
  QuarantineRecord record;
  for (at->Seek(feed_prefix(feed.number())); at->Valid(); at->Next()) {
    const auto name = name_of_quarantine_key(view(at->key()));
    if (name.stream != stream) continue;
    if (!decode(view(at->value()), record)) return damaged_entry(name.key);
    if (record.last < scanned.since) clear_quarantined(out, feed, quarantine_name(name.key, stream));
  }
  if (!at->status().ok()) return feed.engine().error(at->status());
  out.progress.beyond = scanned.quarantined - std::min(scanned.quarantined, out.progress.quarantined);
  return {};
}

void clear_quarantined(Transaction& out, DiskFeed& feed, const std::string& name) {
  if (!out.quarantine_size(name)) return;
  out.batch.Delete(feed.engine().family(Family::quarantine), disk_key(feed, name));
  out.set_quarantine_size(name, std::nullopt);
  --out.progress.quarantined;
}

Status DiskFeed::load_quarantine_sizes() {
  const std::string first = feed_prefix(number_);
  const std::string last = behind(first);
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.iterate_upper_bound = &upper;
  const auto at = engine_->iterate(Family::quarantine, how);
  for (at->Seek(first); at->Valid(); at->Next()) {
    const auto name = name_of_quarantine_key(view(at->key()));
    QuarantineRecord record;
    if (!decode(view(at->value()), record)) return damaged_entry(name.key);
    const std::uint64_t size = name.key.size() + record.reason.size() + record.raw.size();
    quarantine_sizes_.of[quarantine_name(name.key, name.stream)] = size;
    quarantine_sizes_.sum += size;
  }
  if (!at->status().ok()) return engine_->error(at->status());
  return {};
}

/// A page never ends between two streams that have the same key, so that the last key is enough to go on.
Result<std::vector<Quarantined>> DiskFeed::quarantined(std::string_view after_key, std::size_t limit) const {
  const std::string last = behind(feed_prefix(number_));
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.iterate_upper_bound = &upper;
  const auto at = engine_->iterate(Family::quarantine, how);
  std::vector<Quarantined> out;
  for (at->Seek(after_key.empty() ? feed_prefix(number_) : after_quarantine_key(number_, after_key)); at->Valid(); at->Next()) {
    const auto name = name_of_quarantine_key(view(at->key()));
    if (out.size() >= limit && out.back().key != name.key) break;
    QuarantineRecord record;
    if (!decode(view(at->value()), record)) return damaged_entry(name.key);
    const std::shared_lock lock(tables_mutex_);
    const auto stream = tables_.streams.find(name.stream);
    out.push_back(as_shown(name, std::move(record), stream == tables_.streams.end() ? "?" : stream->second.name));
  }
  if (!at->status().ok()) return engine_->error(at->status());
  return out;
}

Result<std::optional<Quarantined>> DiskFeed::quarantined_record(std::string_view stream, std::string_view key) const {
  std::optional<StreamNumber> number;
  {
    const std::shared_lock lock(tables_mutex_);
    number = tables_.stream_named(stream);
  }
  if (!number) return std::optional<Quarantined>{};
  auto value = engine_->get(Family::quarantine, quarantine_key(number_, key, *number));
  if (!value) return std::move(value).error();
  if (!*value) return std::optional<Quarantined>{};
  QuarantineRecord record;
  if (!decode(**value, record)) return damaged_entry(key);
  return std::optional(as_shown({std::string(key), *number}, std::move(record), std::string(stream)));
}

Status DiskFeed::drop_quarantined(std::string_view stream, std::string_view key) {
  const std::lock_guard lock(write_mutex_);
  if (erased_) return erased();
  if (auto ready = settled_for_others(); !ready) return ready;
  const auto number = tables_.stream_named(stream);
  const std::string name = quarantine_name(key, number.value_or(StreamNumber{}));
  if (!number || !quarantine_sizes_.of.contains(name)) {
    return Error{Code::not_found, "feed '" + tables_.feed.name + "' has no quarantined record of stream '" + std::string(stream) + "' with key '" +
                                      std::string(key) + "': list them with `meshgate quarantine list`"};
  }
  Transaction out(*this);
  clear_quarantined(out, *this, name);
  return out.commit(Engine::Durably::yes);
}

}  // namespace meshgate::store
