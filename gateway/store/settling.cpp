#include <algorithm>

#include "gateway/store/committing.hpp"
#include "mesh/lines.hpp"

namespace meshgate::store {

void Commit::settle() {
  for (Work& work : works_) {
    if (!work.touched) continue;
    settle_one(work);
    if (work.live && seen_ != nullptr) met_.push_back(work.number);
  }
  write_origins();
}

void Commit::settle_one(Work& work) {
  if (!work.live) {
    if (work.was_live) write_dead(work);
    return;
  }
  if (work.was_live && work.hash == work.was_hash && same_partitions(work)) {
    ++outcome_.unchanged;
    if (!work.owner_changed) return;
    items_changed_ = true;
    const auto first = before_.begin() + work.before_first;
    entry_.memberships.assign(first, first + work.before_count);
    write_index(work);
    return;
  }
  write_live(work);
}

const Membership* Commit::membership(const Work& work, PartitionNumber where) const {
  for (std::uint32_t i = 0; i < work.before_count; ++i) {
    if (before_[work.before_first + i].partition == where) return &before_[work.before_first + i];
  }
  return nullptr;
}

bool Commit::goes_to(const Work& work, PartitionNumber where) const {
  const auto first = after_.begin() + work.after_first;
  return std::find(first, first + work.after_count, where) != first + work.after_count;
}

bool Commit::same_partitions(const Work& work) const {
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < work.before_count; ++i) {
    const Membership& old = before_[work.before_first + i];
    if (!old.live) continue;
    if (!goes_to(work, old.partition)) return false;
    ++kept;
  }
  return kept == work.after_count;
}

void Commit::write_live(Work& work) {
  const bool changed = !work.stored || work.hash != work.was_hash;
  if (changed) ++work.n;
  if (!work.stored) work.number = out_.progress.next_number++;
  ++(work.was_live ? outcome_.changed : outcome_.added);
  if (work.late) ++outcome_.late;
  if (!work.was_live) ++out_.progress.items;
  const Seq seq = out_.progress.seq = next(out_.progress.seq);
  entry_.memberships.clear();
  for (std::uint32_t i = 0; i < work.before_count; ++i) {
    const Membership old = before_[work.before_first + i];
    if (!goes_to(work, old.partition)) leave(work, old, seq);
  }
  line_.clear();
  append_put(line_, seq, work.id, {work.n, work.hash}, work.time.count == 0 ? at_ : std::min(work.time, at_), work.content);
  for (std::uint32_t i = 0; i < work.after_count; ++i) {
    const PartitionNumber where = after_[work.after_first + i];
    const Membership* old = membership(work, where);
    if (old != nullptr && old->live && !changed) {
      entry_.memberships.push_back(*old);
      continue;
    }
    enter(work, where, old, seq);
    entry_.memberships.push_back({where, out_.partition(where).served.generation, seq, true, work.hash});
  }
  items_changed_ = true;
  write_index(work);
}

void Commit::write_dead(Work& work) {
  ++outcome_.removed;
  --out_.progress.items;
  const Seq seq = out_.progress.seq = next(out_.progress.seq);
  entry_.memberships.clear();
  for (std::uint32_t i = 0; i < work.before_count; ++i) {
    const Membership old = before_[work.before_first + i];
    leave(work, old, seq);
  }
  items_changed_ = true;
  work.hash = work.was_hash;
  write_index(work);
}

/// A live entry becomes a gone one at `seq`; one that is gone already stays where it is.
void Commit::leave(const Work& work, const Membership& old, Seq seq) {
  if (!old.live) {
    entry_.memberships.push_back(old);
    return;
  }
  Copy& copy = out_.partition(old.partition).served;
  const LogRange range = out_.range(old.partition, copy.generation);
  out_.drop_line(range, old.seq, true);
  line_.clear();
  append_gone(line_, seq, work.id);
  out_.put_gone(range, seq, line_, work.id);
  copy.head = seq;
  --copy.count;
  copy.digest.remove(work.was_hash);
  entry_.memberships.push_back({old.partition, copy.generation, seq, false, {}});
}

void Commit::enter(const Work& work, PartitionNumber where, const Membership* old, Seq seq) {
  Copy& copy = out_.partition(where).served;
  const LogRange range = out_.range(where, copy.generation);
  if (old != nullptr) out_.drop_line(range, old->seq, old->live);
  out_.put_line(range, seq, line_);
  copy.head = seq;
  copy.digest.add(work.hash);
  if (old != nullptr && old->live) {
    copy.digest.remove(work.was_hash);
  } else {
    ++copy.count;
  }
}

void Commit::write_index(const Work& work) {
  entry_.hash = work.hash;
  entry_.n = work.n;
  entry_.number = work.number;
  entry_.stream = work.stream;
  entry_.key.assign(work.key == work.id ? std::string_view{} : work.key);
  out_.put_index(keys_.at(work.index_key), entry_);
}

void Commit::write_origins() {
  auto* origins = feed_.engine().family(Family::origins);
  for (const auto& [key, id] : owns_) {
    const std::string where = origin_key(feed_.number(), stream_, key);
    if (id.empty() || id == key) {
      out_.batch.Delete(origins, where);
    } else {
      out_.batch.Put(origins, where, slice(id));
    }
  }
}

}  // namespace meshgate::store
