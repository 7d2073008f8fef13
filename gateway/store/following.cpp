#include "gateway/store/following.hpp"

#include <algorithm>

namespace meshgate::store {

void become_replica(Transaction& out, PartitionNumber number) {
  PartitionRecord& record = out.partition(number);
  if (record.replica) return;
  record.replica = true;
  record.served = {};
  record.last_generation = 0;
}

Follow::Follow(DiskFeed& feed, Where where, Transaction& out)
    : feed_(feed), name_(where.partition), from_(where.from), mark_(where.mark), out_(out), items_(feed) {}

Error Follow::conflict(const std::string& why) const {
  return {Code::conflict, "feed '" + feed_.tables().feed.name + "', partition '" + name_ + "': " + why};
}

Status Follow::run(const PageLines& page) {
  number_ = out_.partition_named(name_);
  record_ = &out_.partition(number_);
  if (!record_->replica) {
    if (record_->served.head != Seq{0} || !feed_.tables().streams.empty()) return conflict("it has a source of its own here and cannot follow another node");
    become_replica(out_, number_);
  }
  if (mark_.cursor.epoch != record_->served.epoch) {
    if (auto may = feed_.may_take(mark_.cursor.epoch, mark_.as_of, mark_.loading); !may) return may;
  }
  if (auto chosen = choose_copy(); !chosen) return chosen;
  if (mark_.cursor.epoch != copy_->epoch) return conflict("the page is of another epoch than the cursor it was asked with: read again from 0");
  for (const PageLine& line : page.all()) {
    if (auto applied = apply(line); !applied) return applied;
  }
  if (mark_.cursor.seq >= copy_->head) {
    move_cursor();
    const bool comparable = mark_.caught_up && mark_.cursor.seq == copy_->head;
    if (comparable && (mark_.count != copy_->count || mark_.digest != copy_->digest)) return start_over();
    take_feed_state();
  }
  items_.write(out_);
  return out_.commit(Engine::Durably::yes);
}

bool Follow::appends(const PageLines& page) {
  number_ = out_.partition_named(name_);
  record_ = &out_.partition(number_);
  copy_ = &record_->building;
  const bool within = record_->replica && copy_->generation != 0 && from_ == copy_->cursor && from_.low != Seq{0};
  if (!within || mark_.cursor.epoch != copy_->epoch || mark_.cursor.high == Seq{0} || mark_.cursor.seq <= copy_->head) return false;
  return std::ranges::all_of(page.all(), [&](const PageLine& line) { return line.kind != PageLine::Kind::trim && line.seq > copy_->head; });
}

void Follow::gather(const PageLines& page, LoadedItems& items) {
  const LogRange where = range();
  for (const PageLine& line : page.all()) {
    items.add(where, line);
    if (line.kind == PageLine::Kind::gone) {
      out_.put_gone(where, line.seq, line.text, line.id);
      continue;
    }
    out_.put_line(where, line.seq, line.text);
    ++copy_->count;
    copy_->digest.add(line.rev.hash);
  }
  move_cursor();
}

Status Follow::choose_copy() {
  Copy& building = record_->building;
  Copy& served = record_->served;
  if (from_.start()) {
    begin_copy();
  } else if (building.generation != 0 && from_.epoch == building.epoch && from_.low != Seq{0} && from_.seq <= building.head) {
    copy_ = &building;
  } else if (served.generation != 0 && from_.epoch == served.epoch && (from_.low == Seq{0} || building.generation == 0) && from_.seq <= served.head) {
    // With a low too: what was empty when it was copied is served, and filled from its beginning.
    copy_ = &served;
  } else {
    const Cursor own = building.generation != 0 ? building.cursor : served.cursor;
    return conflict("the page was read after " + from_.text() + ", but this node stands at " + own.text() + ": read from there");
  }
  return {};
}

void Follow::begin_copy() {
  if (record_->building.generation != 0) {
    out_.drop_log(out_.range(number_, record_->building.generation));
    record_->stale = true;
  }
  record_->building = {};
  record_->building.generation = ++record_->last_generation;
  record_->building.epoch = mark_.cursor.epoch;
  copy_ = &record_->building;
}

Status Follow::apply(const PageLine& line) {
  if (line.seq <= copy_->head) return check_repeat(line);
  if (line.kind == PageLine::Kind::trim) return apply_trim(line);
  auto item = items_.find(line.id);
  if (!item) return std::move(item).error();
  if (line.kind == PageLine::Kind::put) {
    apply_put(line, **item);
  } else {
    apply_gone(line, **item);
  }
  return {};
}

/// What this node has at a seq it has passed must be the same; it may also have been superseded since.
Status Follow::check_repeat(const PageLine& line) {
  std::string key;
  append_log_key(key, range(), line.seq);
  auto kept = feed_.engine().get(Family::log, key);
  if (!kept) return std::move(kept).error();
  if (!*kept || **kept == line.text) return {};
  return conflict("seq " + std::to_string(number(line.seq)) + " has different content here and there (a fork): two nodes write this feed; stop one and restore it");
}

/// The item's one entry in this copy makes room for the new one.
void Follow::replace(FollowedItems::Item& item, const Membership& fresh) {
  IndexEntry& entry = item.entry;
  if (entry.number == 0) entry.number = out_.progress.next_number++;
  item.changed = true;
  for (const Membership& one : entry.memberships) {
    if (!in_copy(one)) continue;
    out_.drop_line(range(), one.seq, one.live);
    if (!one.live) continue;
    --copy_->count;
    copy_->digest.remove(one.hash);
  }
  std::erase_if(entry.memberships, [&](const Membership& one) {
    const bool other = one.generation != record_->served.generation && one.generation != record_->building.generation;
    return one.partition == number_ && (one.generation == copy_->generation || other);
  });
  entry.memberships.push_back(fresh);
}

void Follow::apply_put(const PageLine& put, FollowedItems::Item& item) {
  replace(item, {number_, copy_->generation, put.seq, true, put.rev.hash});
  item.entry.hash = put.rev.hash;
  item.entry.n = put.rev.n;
  ++copy_->count;
  copy_->digest.add(put.rev.hash);
  out_.put_line(range(), put.seq, put.text);
}

void Follow::apply_gone(const PageLine& gone, FollowedItems::Item& item) {
  replace(item, {number_, copy_->generation, gone.seq, false, {}});
  out_.put_gone(range(), gone.seq, gone.text, gone.id);
}

Status Follow::apply_trim(const PageLine& trim) {
  auto list = entries_through(feed_.engine(), range(), trim.through, ~std::size_t{0});
  if (!list) return std::move(list).error();
  for (const Going& going : *list) {
    auto item = items_.find(going.id);
    if (!item) return std::move(item).error();
    const auto& in = (*item)->entry.memberships;
    // The same page may have moved the entry up already.
    if (std::ranges::none_of(in, [&](const Membership& one) { return in_copy(one) && one.seq == going.seq; })) continue;
    (*item)->changed = true;
    if (auto forgotten = forget_entry(out_, range(), *copy_, going, (*item)->entry); !forgotten) return forgotten;
  }
  put_trim(out_, range(), *copy_, trim.seq, trim.through);
  return {};
}

/// A page that was read with an older cursor of ours may know less of what we owe ourselves than we do.
void Follow::move_cursor() {
  const Seq owed = std::max(copy_->cursor.high, from_.high);
  copy_->head = mark_.cursor.seq;
  copy_->floor = std::max(copy_->floor, mark_.floor);
  const bool complete = mark_.cursor.high == Seq{0} && mark_.cursor.seq >= owed;
  copy_->cursor = mark_.cursor;
  if (!complete) copy_->cursor.high = std::max({owed, mark_.cursor.high});
}

void Follow::take_feed_state() {
  const bool complete = copy_->cursor.high == Seq{0};
  const bool moved = mark_.cursor != from_;
  if (complete && (moved || mark_.caught_up)) {
    record_->loading = mark_.loading;
    record_->as_of = mark_.as_of;
  }
  if (complete && copy_ == &record_->building) replace_served();
  Seq last{0};
  bool loading = false;
  for (const auto& [number, other] : feed_.tables().partitions) {
    const PartitionRecord& one = number == number_ ? *record_ : other;
    if (one.served.generation == 0) continue;
    last = std::max(last, one.served.head);
    loading = loading || one.loading;
  }
  out_.progress.seq = std::max(last, record_->served.head);
  out_.progress.loading = loading || record_->loading;
  out_.progress.as_of = record_->as_of;
}

void Follow::replace_served() {
  if (record_->served.generation != 0) out_.drop_log(out_.range(number_, record_->served.generation));
  record_->stale = record_->stale || record_->served.generation != 0;
  go_over(out_, feed_, record_->served, record_->building.epoch);
  record_->served = record_->building;
  record_->building = {};
  replaced_ = number_;
}

void go_over(Transaction& out, const DiskFeed& feed, const Copy& served, const Epoch& epoch) {
  if (served.generation != 0 && served.epoch != epoch) out.leave(served.epoch);
  // A partition may still be read in an epoch that others of the feed have left.
  if (feed.tables().feed.epoch == epoch || feed.has_left(epoch)) return;
  FeedRecord next = feed.tables().feed;
  next.epoch = epoch;
  out.set_feed(std::move(next));
}

/// What is here differs from what it should be: nothing of the page is taken, and a new copy begins with the next one.
Status Follow::start_over() {
  Transaction only(feed_);
  PartitionRecord& record = only.partition(number_);
  record.replica = true;
  if (copy_ != &record_->served && record.served.head == Seq{0}) record.served = {};
  if (record.building.generation != 0) only.drop_log(only.range(number_, record.building.generation));
  record.stale = true;
  record.building = {};
  record.building.generation = ++record.last_generation;
  if (auto written = only.commit(Engine::Durably::yes); !written) return written;
  return conflict("count or digest of what was received differ from what the other node has: reading it again from 0");
}

Status DiskFeed::adopt(const Origin& origin) {
  const std::lock_guard lock(write_mutex_);
  if (erased_) return erased();
  if (auto ready = settled_for_others(); !ready) return ready;
  const std::string place = "feed '" + tables_.feed.name + "'";
  const auto holds = [](const auto& one) { return one.second.served.head != Seq{0} || one.second.building.generation != 0; };
  const bool empty = std::ranges::none_of(tables_.partitions, holds);
  if (!follows() && !(empty && tables_.streams.empty())) {
    return Error{Code::conflict, place + " has a source of its own here and cannot follow another node: give one of the two another name"};
  }
  FeedRecord next = tables_.feed;
  if (next.uid != origin.uid && !empty) {
    return Error{Code::conflict, place + " is a copy of " + next.uid.bits.hex() + " here, but there it is " + origin.uid.bits.hex() +
                                     ", another feed of the same name: follow it at a node that has not held the other"};
  }
  const bool same = next.uid == origin.uid && next.schema.version == origin.schema.version && next.divided == origin.divided;
  if (same && follows()) return {};
  Transaction out(*this);
  next.uid = origin.uid;
  next.schema = origin.schema;
  next.divided = origin.divided;
  out.set_feed(std::move(next));
  become_replica(out, out.partition_named(""));
  return out.commit(Engine::Durably::yes);
}

Status DiskFeed::follow_now(std::string_view partition, const Cursor& from, const PageLines& page, const Mark& mark) {
  Transaction out(*this);
  Follow work(*this, {partition, from, mark}, out);
  if (auto taken = work.run(page); !taken) return taken;
  return work.replaced() ? tidy(*work.replaced()) : Status();
}

Cursor DiskFeed::followed(std::string_view partition) const {
  const std::shared_lock lock(tables_mutex_);
  const auto number = tables_.partition_named(partition);
  if (!number) return {};
  const PartitionRecord& record = tables_.partitions.at(*number);
  if (!record.replica) return {};
  return record.building.generation != 0 ? record.building.cursor : record.served.cursor;
}

}  // namespace meshgate::store
