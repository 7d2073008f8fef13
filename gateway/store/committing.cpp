#include "gateway/store/committing.hpp"

#include <algorithm>

#include "gateway/store/quarantine.hpp"

namespace meshgate::store {

namespace {

constexpr std::size_t kBytesPerEntry = 200;

}  // namespace

Commit::Commit(DiskFeed& feed, const Batch& batch, Seen* seen)
    : feed_(feed), batch_(batch), seen_(seen), own_(std::in_place, feed, batch.bytes() + batch.size() * kBytesPerEntry), out_(*own_), at_(now()) {}

Commit::Commit(DiskFeed& feed, const Batch& batch, Seen* seen, Transaction& into) : feed_(feed), batch_(batch), seen_(seen), out_(into), at_(now()) {}

Status Commit::prepare() {
  if (batch_.size() > 0 || batch_.position() || batch_.scanned()) stream_ = out_.stream_named(batch_.stream());
  if (batch_.scanned()) {
    if (auto settled = settle_quarantine(out_, feed_, stream_, *batch_.scanned()); !settled) return settled;
  }
  if (batch_.size() > 0) {
    if (auto played = play_batch(); !played) return played;
    settle();
  }
  const auto& positions = feed_.tables().positions;
  if (batch_.position()) {
    const auto old = positions.find(stream_);
    if (old == positions.end() || old->second != batch_.position()->bytes) out_.set_position(stream_, batch_.position()->bytes);
  }
  if (batch_.as_of()) out_.progress.as_of = *batch_.as_of();
  if (batch_.loading()) out_.progress.loading = *batch_.loading();
  if (batch_.held()) out_.progress.held = *batch_.held();
  return {};
}

Outcome Commit::done() {
  if (seen_ != nullptr) {
    for (const std::uint64_t number : met_) seen_->add(number);
  }
  outcome_.seq = out_.progress.seq;
  return outcome_;
}

Result<Outcome> Commit::gather() {
  if (auto prepared = prepare(); !prepared) return std::move(prepared).error();
  return done();
}

Result<Outcome> Commit::run() {
  if (auto prepared = prepare(); !prepared) return std::move(prepared).error();
  news_ = out_.news();
  const bool loaded = feed_.tables().progress.loading && !out_.progress.loading;
  const bool durable = items_changed_ || news_ || outcome_.quarantined > 0;
  if (auto written = out_.commit(durable ? Engine::Durably::yes : Engine::Durably::when_convenient); !written) return std::move(written).error();
  if (loaded) feed_.engine().flush_soon();
  return done();
}

Status Commit::play_batch() {
  const auto& known = feed_.tables().streams;
  if (const auto old = known.find(stream_); old != known.end()) kinds_ = old->second;
  had_own_ids_ = kinds_.own_ids;
  if (auto loaded = load(); !loaded) return loaded;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (auto played = play(i); !played) return played;
  }
  return play_deferred();
}

/// Makes a Work for every id the batch names and reads the index once for all of them.
Status Commit::load() {
  works_.reserve(batch_.size());
  targets_.assign(batch_.size(), kNoWork);
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const auto change = batch_.change(i, names_);
    if (change.kind == Batch::Kind::put) {
      if (change.id.empty() || change.id.size() > kMaxIdBytes || change.key.empty() || change.partitions.empty()) {
        return Error{Code::internal, "an item without id, key or partition was given to the store by stream '" + batch_.stream() + "'"};
      }
      targets_[i] = add_work(change.id);
    } else if (!kinds_.own_ids && !change.key.empty()) {
      targets_[i] = add_work(change.key);
    }
  }
  return look_up(feed_.engine(), keys_, feed_.greatest_index_key(),
                 [this](std::size_t which, std::string_view value) { fill(static_cast<WorkIndex>(which), value); });
}

/// Works and keys_ run in parallel. While ids ascend none can come twice, and no table of them is needed.
Commit::WorkIndex Commit::add_work(std::string_view id) {
  if (by_id_ready_) {
    if (const auto known = by_id_.find(id); known != by_id_.end()) return known->second;
  }
  const auto work = static_cast<WorkIndex>(works_.size());
  const std::size_t key = keys_.add(feed_.number(), id);
  if (!by_id_ready_ && !keys_.ascending()) {
    for (WorkIndex i = 0; i < work; ++i) by_id_.emplace(works_[i].id, i);
    by_id_ready_ = true;
    if (const auto known = by_id_.find(id); known != by_id_.end()) {
      keys_.drop_last();
      return known->second;
    }
  }
  works_.push_back({.id = id, .index_key = key});
  if (by_id_ready_) by_id_.emplace(id, work);
  return work;
}

void Commit::fill(WorkIndex index, std::string_view value) {
  Work& work = works_[index];
  decode(value, entry_);
  if (feed_.tables().unfinished(entry_)) return;
  work.stored = true;
  work.was_hash = work.hash = entry_.hash;
  work.n = entry_.n;
  work.number = entry_.number;
  work.stream = entry_.stream;
  work.key = entry_.key.empty() ? work.id : std::string_view(texts_.emplace_back(entry_.key));
  work.before_first = static_cast<std::uint32_t>(before_.size());
  work.after_first = static_cast<std::uint32_t>(after_.size());
  for (const Membership& one : entry_.memberships) {
    before_.push_back(one);
    if (one.live) after_.push_back(one.partition);
  }
  work.before_count = static_cast<std::uint32_t>(before_.size()) - work.before_first;
  work.after_count = static_cast<std::uint32_t>(after_.size()) - work.after_first;
  work.was_live = work.live = work.after_count > 0;
}

Result<Commit::WorkIndex> Commit::work_of(std::string_view id) {
  if (!by_id_ready_) {
    for (WorkIndex i = 0; i < works_.size(); ++i) by_id_.emplace(works_[i].id, i);
    by_id_ready_ = true;
  }
  if (const auto known = by_id_.find(id); known != by_id_.end()) return known->second;
  const WorkIndex fresh = add_work(texts_.emplace_back(id));
  auto value = feed_.engine().get(Family::index, keys_.at(works_[fresh].index_key));
  if (!value) return std::move(value).error();
  if (*value) fill(fresh, **value);
  return fresh;
}

/// The live item of a key of this stream, as the batch has left it so far.
/// `loaded`: the work of the id that is the key, where load() made one; to find it would need a table of all works.
Result<std::optional<Commit::WorkIndex>> Commit::owned_by(std::string_view key, WorkIndex loaded) {
  std::optional<std::string> id;
  if (const auto changed = owns_.find(key); changed != owns_.end()) {
    if (changed->second.empty()) return std::optional<WorkIndex>{};
    id = changed->second;
  } else if (had_own_ids_) {
    auto origin = feed_.engine().get(Family::origins, origin_key(feed_.number(), stream_, key));
    if (!origin) return std::move(origin).error();
    if (*origin) id = std::move(**origin);
  }
  if (!id && !kinds_.key_is_id) return std::optional<WorkIndex>{};
  auto work = !id && loaded != kNoWork ? Result<WorkIndex>(loaded) : work_of(id ? std::string_view(*id) : key);
  if (!work) return std::move(work).error();
  const Work& found = works_[*work];
  const bool another = found.stream != stream_ && found.stream != StreamNumber{};
  if (!found.live || another || found.key != key) return std::optional<WorkIndex>{};
  return std::optional<WorkIndex>(*work);
}

Status Commit::play(std::size_t index) {
  auto change = batch_.change(index, names_);
  if (change.kind == Batch::Kind::quarantine) return quarantine(change);
  if (change.kind == Batch::Kind::present) return confirm(change.key, targets_[index]);
  if (!out_.quarantine_empty()) clear_quarantined(out_, feed_, quarantine_name(change.key, stream_));
  if (change.kind == Batch::Kind::put) {
    if (batch_.expired()) {
      std::erase_if(names_, [&](std::string_view name) { return has_expired(change, works_[targets_[index]], name); });
      change.partitions = names_;
      if (names_.empty()) return ++outcome_.expired, Status();
    }
    return put(index, change, targets_[index]);
  }
  auto owned = owned_by(change.key, targets_[index]);
  if (!owned) return std::move(owned).error();
  if (*owned) release(**owned);
  return {};
}

/// What a partition has of the item stays there whatever its time is, until its turn has come.
bool Commit::has_expired(const Batch::Change& what, const Work& work, std::string_view partition) const {
  if (what.time.count == 0) return false;
  const auto& tables = feed_.tables();
  const auto number = tables.partition_named(partition);
  const Membership* there = number ? membership(work, *number) : nullptr;
  if (there != nullptr && there->live) return false;
  if (what.time < batch_.expired()->before) return true;
  return batch_.expired()->again && number && what.time <= tables.partitions.at(*number).expired;
}

Status Commit::put(std::size_t index, const Batch::Change& what, WorkIndex target) {
  const Work& work = works_[target];
  // What came from another node, before this one was made the origin, belongs to nobody.
  const bool unowned = work.stream == StreamNumber{};
  if (work.live && (unowned || work.stream == stream_) && work.key == what.key) {
    take(what, target);
    return {};
  }
  std::optional<WorkIndex> old;
  if (kinds_.own_ids || (kinds_.key_is_id && what.key != what.id)) {
    auto owned = owned_by(what.key);
    if (!owned) return std::move(owned).error();
    old = *owned;
  }
  if (works_[target].live) {
    deferred_.push_back({index, target, old});
    return {};
  }
  if (old) release(*old);
  take(what, target);
  return {};
}

void Commit::take(const Batch::Change& what, WorkIndex target) {
  Work& work = works_[target];
  if (work.stream != stream_ || work.key != what.key) {
    work.owner_changed = true;
    own(what.key, what.id);
  }
  work.touched = true;
  work.live = true;
  work.stream = stream_;
  work.key = what.key;
  work.hash = what.hash;
  work.content = what.content;
  work.late = what.late;
  work.time = what.time;
  work.after_first = static_cast<std::uint32_t>(after_.size());
  for (const std::string_view name : what.partitions) after_.push_back(partition(name));
  work.after_count = static_cast<std::uint32_t>(what.partitions.size());
}

void Commit::release(WorkIndex index) {
  Work& work = works_[index];
  own(work.key, {});
  work.touched = true;
  work.live = false;
  work.after_count = 0;
  work.stream = StreamNumber{};
  work.key = {};
}

/// Remembers what a key owns; written to `origins` at the end. Streams whose keys are their ids need none of it.
void Commit::own(std::string_view key, std::string_view id) {
  if (id.empty()) {
    if (kinds_.own_ids) owns_[key] = {};
    return;
  }
  if (id == key) {
    if (!kinds_.key_is_id) kinds_.key_is_id = out_.stream(stream_).key_is_id = true;
    if (kinds_.own_ids) owns_[key] = id;
    return;
  }
  if (!kinds_.own_ids) kinds_.own_ids = out_.stream(stream_).own_ids = true;
  owns_[key] = id;
}

PartitionNumber Commit::partition(std::string_view name) {
  if (!last_partition_ || name != last_partition_name_) {
    last_partition_ = out_.partition_named(name);
    last_partition_name_ = name;
  }
  return *last_partition_;
}

/// Puts whose id belonged to another key when their turn came. A key's last change counts; owners may have let go since, or trade ids.
Status Commit::play_deferred() {
  if (deferred_.empty()) return {};
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < batch_.size(); ++i) last[batch_.change(i, names_).key] = i;
  std::erase_if(deferred_, [&](const Deferred& one) { return last[batch_.change(one.change, names_).key] != one.change; });
  if (auto granted = grant(deferred_); !granted) return granted;
  for (const Deferred& one : deferred_) {
    if (one.granted && one.old) release(*one.old);
  }
  for (const Deferred& one : deferred_) {
    if (one.granted) {
      take(batch_.change(one.change, names_), one.work);
    } else if (auto refused = refuse(one); !refused) {
      return refused;
    }
  }
  return {};
}

/// Grants each id at most once, and only when its owner is gone or is itself granted another; refusing one may refuse others.
Status Commit::grant(std::vector<Deferred>& waiting) {
  std::unordered_map<WorkIndex, std::size_t> claimed;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    auto old = owned_by(batch_.change(waiting[i].change, names_).key);
    if (!old) return std::move(old).error();
    waiting[i].old = *old;
    waiting[i].granted = claimed.emplace(waiting[i].work, i).second;
  }
  for (bool again = true; again;) {
    again = false;
    for (Deferred& one : waiting) {
      if (!one.granted || !works_[one.work].live || one.old == one.work) continue;
      const bool freed = std::any_of(waiting.begin(), waiting.end(), [&](const Deferred& other) { return other.granted && other.old == one.work; });
      if (!freed) one.granted = false, again = true;
    }
  }
  return {};
}

Status Commit::refuse(const Deferred& loser) {
  const auto change = batch_.change(loser.change, names_);
  const Work& work = works_[loser.work];
  const auto& streams = feed_.tables().streams;
  const auto owner = streams.find(work.stream);
  const std::string stream = owner == streams.end() ? batch_.stream() : owner->second.name;
  const std::string reason = "id '" + std::string(work.id) + "' belongs to key '" + std::string(work.key) + "' of stream '" + stream + "', so key '" +
                             std::string(change.key) + "' of stream '" + batch_.stream() +
                             "' cannot have it too: make the ids differ with `id:` in the feed's mapping";
  return quarantine({.kind = Batch::Kind::quarantine, .key = change.key, .reason = reason, .raw = change.content});
}

Status Commit::confirm(std::string_view key, WorkIndex loaded) {
  auto owned = owned_by(key, loaded);
  if (!owned) return std::move(owned).error();
  if (*owned && works_[**owned].stored) met_.push_back(works_[**owned].number);
  const auto& kept = feed_.quarantine_sizes().of;
  if (!*owned || (!kept.empty() && kept.contains(quarantine_name(key, stream_)))) outcome_.unknown.emplace_back(key);
  return {};
}

Status Commit::quarantine(const Batch::Change& what) {
  ++outcome_.quarantined;
  if (differs_ != nullptr) tell(what);
  auto kept = keep_quarantined(out_, feed_, stream_, what, at_);
  if (!kept) return std::move(kept).error();
  if (!*kept) ++outcome_.beyond;
  if (what.key.empty()) return {};
  auto owned = owned_by(what.key);
  if (!owned) return std::move(owned).error();
  if (*owned && works_[**owned].stored) met_.push_back(works_[**owned].number);
  return {};
}

}  // namespace meshgate::store
