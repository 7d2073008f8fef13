#include "gateway/device/applier.hpp"

#include <algorithm>
#include <vector>

namespace meshgate::device {

namespace {

Result<ContentHash> hash_of(const Place& place, std::string_view id, std::string_view rev) {
  const auto revision = Revision::parse(rev);
  if (revision) return revision->hash;
  return Error{Code::conflict, "table " + place.feed->name + ", _id '" + std::string(id) + "': _rev was changed by another program"};
}

/// Who compares a partition that has an item as its row was must not take for equal what is no more.
void unsettle(const Memberships& there, const std::string& rev, const ContentHash& is) {
  const auto was = Revision::parse(rev);
  if (!was || was->hash == is) return;
  for (const Memberships::Unread& one : there.unread) {
    if (one.hash == was->hash) ++one.place->generation;
  }
}

/// Where an item stands as its row is, in partitions that are still to be compared.
Seq last_unread(const Memberships& there, const std::string& rev) {
  Seq out{0};
  const auto is = there.unread.empty() ? std::nullopt : Revision::parse(rev);
  for (const Memberships::Unread& one : there.unread) {
    if (is && one.hash == is->hash) out = std::max(out, one.seq);
  }
  return out;
}

}  // namespace

Result<Applier> Applier::open(Database& database, Ledger& ledger) {
  Applier out;
  out.database_ = &database;
  out.ledger_ = &ledger;
  auto members = MemberTable::open(database, ledger);
  if (!members) return std::move(members).error();
  out.members_ = std::move(*members);
  auto note = database.prepare("INSERT OR IGNORE INTO _meshgate_met(place,id) VALUES(?1,?2)");
  if (!note) return std::move(note).error();
  out.note_ = std::move(*note);
  auto forget = database.prepare("DELETE FROM _meshgate_met WHERE place=?1 AND id=?2");
  if (!forget) return std::move(forget).error();
  out.forget_ = std::move(*forget);
  return out;
}

void Applier::count_in(Place& place, const ContentHash& hash) {
  ++place.now.count;
  place.now.digest.add(hash);
}

void Applier::count_out(Place& place, const ContentHash& hash) {
  --place.now.count;
  place.now.digest.remove(hash);
}

Status Applier::note(const Place& place, std::string_view id) {
  note_.bind(1, place.number);
  note_.bind(2, id);
  return note_.run();
}

Status Applier::forget(const Place& place, std::string_view id) {
  forget_.bind(1, place.number);
  forget_.bind(2, id);
  return forget_.run();
}

Status Applier::put(Place& place, const Put& put) {
  if (auto done = place.feed->divided ? put_member(place, put) : put_row(place, put); !done) return done;
  return place.now.comparing ? note(place, put.row.id) : Status();
}

Status Applier::put_row(Place& place, const Put& put) {
  auto added = place.feed->table.insert(put.row);
  if (!added) return std::move(added).error();
  if (!*added) return put_existing(place, put);
  count_in(place, put.hash);
  return {};
}

Result<Kept> Applier::kept_row(FeedTable& table, std::string_view id) {
  auto kept = table.find(id);
  if (!kept) return std::move(kept).error();
  if (*kept) return std::move(**kept);
  return Error{Code::internal, "table " + table.table() + ": a trigger of another program removed a row while it was written; drop that trigger"};
}

Status Applier::put_existing(Place& place, const Put& put) {
  FeedTable& table = place.feed->table;
  auto kept = kept_row(table, put.row.id);
  if (!kept) return std::move(kept).error();
  auto old = hash_of(place, put.row.id, kept->rev);
  if (!old) return std::move(old).error();
  if (kept->rev == put.row.rev && kept->plain) {
    return kept->seq == static_cast<std::int64_t>(number(put.row.seq)) ? Status() : table.set_seq(put.row.id, put.row.seq);
  }
  if (auto done = table.update(put.row); !done) return done;
  count_out(place, *old);
  count_in(place, put.hash);
  return {};
}

Status Applier::put_member(Place& place, const Put& put) {
  auto there = members_.of(place, put.row.id);
  if (!there) return std::move(there).error();
  if (there->own) count_out(place, *there->own);
  if (auto done = members_.put(place, put.row.id, put.row.seq, put.hash); !done) return done;
  count_in(place, put.hash);
  return put_shared_row(place, put, *there);
}

Status Applier::put_shared_row(Place& place, const Put& put, const Memberships& there) {
  FeedTable& table = place.feed->table;
  auto added = table.insert(put.row);
  if (!added) return std::move(added).error();
  if (*added) return {};
  auto kept = kept_row(table, put.row.id);
  if (!kept) return std::move(kept).error();
  const bool later = there.last < put.row.seq;
  if (later && (kept->rev != put.row.rev || !kept->plain)) {
    unsettle(there, kept->rev, put.hash);
    return table.update(put.row);
  }
  const auto at = static_cast<std::int64_t>(number(std::max({put.row.seq, there.last, last_unread(there, kept->rev)})));
  return kept->seq == at ? Status() : table.set_seq(put.row.id, Seq{static_cast<std::uint64_t>(at)});
}

Status Applier::gone(Place& place, std::string_view id) {
  if (auto done = place.feed->divided ? gone_member(place, id) : gone_row(place, id); !done) return done;
  return place.now.comparing ? forget(place, id) : Status();
}

Status Applier::gone_row(Place& place, std::string_view id) {
  auto kept = place.feed->table.find(id);
  if (!kept) return std::move(kept).error();
  if (!*kept) return {};
  auto hash = hash_of(place, id, (*kept)->rev);
  if (!hash) return std::move(hash).error();
  if (auto done = place.feed->table.remove(id); !done) return done;
  count_out(place, *hash);
  return {};
}

Status Applier::gone_member(Place& place, std::string_view id) {
  auto there = members_.of(place, id);
  if (!there) return std::move(there).error();
  if (!there->own) return {};
  count_out(place, *there->own);
  if (auto done = members_.drop(place, id); !done) return done;
  FeedTable& table = place.feed->table;
  if (!there->others) return table.remove(id);
  // The row stands where the others have it.
  auto kept = table.find(id);
  if (!kept) return std::move(kept).error();
  const bool behind = *kept && (*kept)->seq > static_cast<std::int64_t>(number(there->last_of_all));
  return behind ? table.set_seq(id, there->last_of_all) : Status();
}

Status Applier::drop_all(Place& place, const std::string& query, std::int64_t parameter, std::uint64_t& dropped) {
  for (;;) {
    auto find = database_->prepare(query + " LIMIT 10000");
    if (!find) return std::move(find).error();
    find->bind(1, parameter);
    std::vector<std::string> ids;
    for (;;) {
      auto row = find->step();
      if (!row) return std::move(row).error();
      if (!*row) break;
      ids.push_back(find->text(0));
    }
    if (ids.empty()) return {};
    for (const std::string& id : ids) {
      if (auto done = gone(place, id); !done) return done;
    }
    dropped += ids.size();
  }
}

Status Applier::trim(Place& place, Seq through) {
  std::uint64_t dropped = 0;
  const std::string query = place.feed->divided ? "SELECT id FROM _meshgate_members WHERE place=" + std::to_string(place.number) + " AND seq<=?1"
                                                : "SELECT _id FROM " + quoted(place.feed->name) + " WHERE _seq<=?1";
  return drop_all(place, query, static_cast<std::int64_t>(number(through)), dropped);
}

Status Applier::begin_pass(Place& place) {
  place.now.cursor = Cursor{};
  place.now.comparing = true;
  ++place.generation;
  return database_->run("DELETE FROM _meshgate_met WHERE place=" + std::to_string(place.number));
}

Result<std::uint64_t> Applier::end_pass(Place& place) {
  std::uint64_t dropped = 0;
  const std::string met = "NOT IN (SELECT id FROM _meshgate_met WHERE place=?1)";
  const std::string query = place.feed->divided ? "SELECT id FROM _meshgate_members WHERE place=?1 AND id " + met
                                                : "SELECT _id FROM " + quoted(place.feed->name) + " WHERE _id " + met;
  if (auto done = drop_all(place, query, place.number, dropped); !done) return std::move(done).error();
  if (auto done = end_comparing(place); !done) return std::move(done).error();
  return dropped;
}

Status Applier::end_comparing(Place& place) {
  place.now.comparing = false;
  return database_->run("DELETE FROM _meshgate_met WHERE place=" + std::to_string(place.number));
}

Status Applier::enter(MirroredFeed& feed, const Epoch& epoch) {
  feed.epoch = epoch;
  for (Place& place : ledger_->places()) {
    if (place.feed != &feed || place.now.cursor.start()) continue;
    if (auto begun = begin_pass(place); !begun) return begun;
  }
  return ledger_->save(feed);
}

}  // namespace meshgate::device
