#include "gateway/device/applier.hpp"

#include <vector>

namespace meshgate::device {

namespace {

Result<ContentHash> hash_of(const Place& place, std::string_view id, std::string_view rev) {
  const auto revision = Revision::parse(rev);
  if (revision) return revision->hash;
  return Error{Code::conflict, "table " + place.feed->name + ", _id '" + std::string(id) + "': _rev was changed by another program"};
}

}  // namespace

Result<Applier> Applier::open(Database& database) {
  Applier out;
  out.database_ = &database;
  const struct {
    Statement Applier::*into;
    const char* sql;
  } all[] = {
      {&Applier::note_, "INSERT OR IGNORE INTO _meshgate_met(place,id) VALUES(?1,?2)"},
      {&Applier::forget_, "DELETE FROM _meshgate_met WHERE place=?1 AND id=?2"},
      {&Applier::find_member_, "SELECT hash FROM _meshgate_members WHERE feed=?1 AND id=?2 AND place=?3"},
      {&Applier::put_member_, "INSERT OR REPLACE INTO _meshgate_members(feed,id,place,seq,hash) VALUES(?1,?2,?3,?4,?5)"},
      {&Applier::drop_member_, "DELETE FROM _meshgate_members WHERE feed=?1 AND id=?2 AND place=?3"},
      {&Applier::any_member_, "SELECT 1 FROM _meshgate_members WHERE feed=?1 AND id=?2 LIMIT 1"},
  };
  for (const auto& [into, sql] : all) {
    auto statement = database.prepare(sql);
    if (!statement) return std::move(statement).error();
    out.*into = std::move(*statement);
  }
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

Status Applier::put_existing(Place& place, const Put& put) {
  FeedTable& table = place.feed->table;
  auto kept = table.find(put.row.id);
  if (!kept) return std::move(kept).error();
  if (!*kept)
    return Error{Code::internal,
                 "table " + table.table() + ": a trigger of another program removed a row while it was written; drop that trigger"};
  auto old = hash_of(place, put.row.id, (*kept)->rev);
  if (!old) return std::move(old).error();
  if ((*kept)->rev == put.row.rev && (*kept)->plain) {
    return (*kept)->seq == static_cast<std::int64_t>(number(put.row.seq)) ? Status() : table.set_seq(put.row.id, put.row.seq);
  }
  if (auto done = table.update(put.row); !done) return done;
  count_out(place, *old);
  count_in(place, put.hash);
  return {};
}

Status Applier::put_member(Place& place, const Put& put) {
  find_member_.bind(1, place.feed->number);
  find_member_.bind(2, put.row.id);
  find_member_.bind(3, place.number);
  auto there = find_member_.step();
  if (!there) return std::move(there).error();
  if (*there) {
    const auto hash = Bits128::from_hex(find_member_.text(0));
    find_member_.reset();
    count_out(place, ContentHash{hash.value_or(Bits128{})});
  }
  const std::string hash = put.hash.bits.hex();
  put_member_.bind(1, place.feed->number);
  put_member_.bind(2, put.row.id);
  put_member_.bind(3, place.number);
  put_member_.bind(4, static_cast<std::int64_t>(number(put.row.seq)));
  put_member_.bind(5, hash);
  if (auto done = put_member_.run(); !done) return done;
  count_in(place, put.hash);
  return put_shared_row(*place.feed, put);
}

Status Applier::put_shared_row(MirroredFeed& feed, const Put& put) {
  auto added = feed.table.insert(put.row);
  if (!added) return std::move(added).error();
  if (*added) return {};
  auto kept = feed.table.find(put.row.id);
  if (!kept) return std::move(kept).error();
  const auto seq = static_cast<std::int64_t>(number(put.row.seq));
  if (*kept && ((*kept)->seq > seq || ((*kept)->rev == put.row.rev && (*kept)->plain && (*kept)->seq == seq))) return {};
  return feed.table.update(put.row);
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
  find_member_.bind(1, place.feed->number);
  find_member_.bind(2, id);
  find_member_.bind(3, place.number);
  auto there = find_member_.step();
  if (!there) return std::move(there).error();
  if (!*there) return {};
  const auto hash = Bits128::from_hex(find_member_.text(0));
  find_member_.reset();
  count_out(place, ContentHash{hash.value_or(Bits128{})});
  drop_member_.bind(1, place.feed->number);
  drop_member_.bind(2, id);
  drop_member_.bind(3, place.number);
  if (auto done = drop_member_.run(); !done) return done;
  any_member_.bind(1, place.feed->number);
  any_member_.bind(2, id);
  auto other = any_member_.step();
  if (!other) return std::move(other).error();
  if (!*other) return place.feed->table.remove(id);
  any_member_.reset();
  return {};
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
  const std::string query = place.feed->divided ? "SELECT id FROM _meshgate_members WHERE feed=" + std::to_string(place.feed->number) +
                                                      " AND place=" + std::to_string(place.number) + " AND seq<=?1"
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
  const std::string query = place.feed->divided ? "SELECT id FROM _meshgate_members WHERE feed=" + std::to_string(place.feed->number) +
                                                      " AND place=?1 AND id " + met
                                                : "SELECT _id FROM " + quoted(place.feed->name) + " WHERE _id " + met;
  if (auto done = drop_all(place, query, place.number, dropped); !done) return std::move(done).error();
  if (auto done = end_comparing(place); !done) return std::move(done).error();
  return dropped;
}

Status Applier::end_comparing(Place& place) {
  place.now.comparing = false;
  return database_->run("DELETE FROM _meshgate_met WHERE place=" + std::to_string(place.number));
}

Status Applier::new_epoch(Ledger& ledger, MirroredFeed& feed, const Epoch& epoch) {
  feed.epoch = epoch;
  const std::string number = std::to_string(feed.number);
  auto done = database_->run("UPDATE " + quoted(feed.name) + " SET _seq=0; UPDATE _meshgate_members SET seq=0 WHERE feed=" + number);
  if (!done) return done;
  for (Place& place : ledger.places()) {
    if (place.feed != &feed || place.now.cursor.start()) continue;
    if (auto begun = begin_pass(place); !begun) return begun;
  }
  return ledger.save(feed);
}

}  // namespace meshgate::device
