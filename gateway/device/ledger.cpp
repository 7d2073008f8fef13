#include "gateway/device/ledger.hpp"

#include <algorithm>

namespace meshgate::device {

namespace {

constexpr std::int64_t kApplication = 0x4d455348;  // "MESH"
constexpr std::int64_t kFormat = 1;

constexpr const char* kTables = R"(
CREATE TABLE _meshgate_feeds(feed INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, uid TEXT NOT NULL, epoch TEXT NOT NULL,
  schema_version INTEGER NOT NULL, divided INTEGER NOT NULL);
CREATE TABLE _meshgate_fields(feed INTEGER NOT NULL, field TEXT NOT NULL, "column" TEXT NOT NULL, type TEXT NOT NULL,
  PRIMARY KEY(feed, field)) WITHOUT ROWID;
CREATE TABLE _meshgate_partitions(place INTEGER PRIMARY KEY, feed INTEGER NOT NULL, name TEXT NOT NULL, cursor TEXT NOT NULL,
  count INTEGER NOT NULL, digest TEXT NOT NULL, comparing INTEGER NOT NULL, mismatches INTEGER NOT NULL, verified_at TEXT, as_of TEXT,
  UNIQUE(feed, name));
CREATE TABLE _meshgate_members(feed INTEGER NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY(feed, id, place)) WITHOUT ROWID;
CREATE TABLE _meshgate_met(place INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY(place, id)) WITHOUT ROWID;
)";
/// A partition's members in their order. Files of older versions get it too; without it all is slower, and no less right.
constexpr const char* kIndex = "CREATE INDEX IF NOT EXISTS _meshgate_members_by_place ON _meshgate_members(place, seq)";

Status refuse_name(const Database& database, std::string_view name) {
  const std::string low = folded(name);
  if (!low.starts_with("sqlite_") && !low.starts_with("_meshgate_")) return {};
  return Error{Code::config, database.path() + ": a feed named '" + std::string(name) +
                                 "' cannot be a table, because SQLite or the mirror's own tables begin so; rename the feed at the gateway"};
}

Micros instant(const std::string& text) {
  if (text.empty()) return {};
  return parse_timestamp(std::string_view(text).substr(0, text.size() - 1)).value_or(Micros{});
}

Cell instant_cell(Micros at, std::string& storage) {
  if (at.count == 0) return {};
  storage = utc_text(at);
  return Cell::of_text(storage);
}

Error damaged(const Database& database, const std::string& what) {
  return {Code::corrupt,
          database.path() + ": the mirror's own table " + what + " was changed by another program; mirror again into a new file"};
}

}  // namespace

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Columns widened(const Columns& have, const Schema& schema, std::set<std::string> taken) {
  std::vector<Column> all = have.all();
  taken.insert({"_id", "_rev", "_seq", "_content", "rowid", "oid", "_rowid_"});
  for (const Column& column : all) taken.insert(folded(column.name));
  for (const Field& field : schema.fields) {
    if (have.find(field.name) != nullptr) continue;
    std::string name = field.name;
    for (int n = 2; taken.contains(folded(name)); ++n) name = field.name + "_" + std::to_string(n);
    taken.insert(folded(name));
    all.push_back({field.name, name, field.type});
  }
  return Columns(std::move(all));
}

Result<std::unique_ptr<Ledger>> Ledger::open(Database& database) {
  std::unique_ptr<Ledger> out(new Ledger(database));
  auto application = database.integer("PRAGMA application_id");
  auto format = database.integer("PRAGMA user_version");
  auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!application || !format || !tables) return Error{Code::corrupt, database.path() + ": the head of the file cannot be read"};
  if (*application == 0 && *tables == 0) {
    const std::string mark =
        "PRAGMA application_id=" + std::to_string(kApplication) + "; PRAGMA user_version=" + std::to_string(kFormat) + ";";
    if (auto made = database.run("BEGIN IMMEDIATE;" + mark + kTables + "COMMIT"); !made) return std::move(made).error();
  } else if (*application != kApplication) {
    return Error{Code::config, database.path() + ": this is an SQLite database, but not a mirror; give another file name with --into"};
  } else if (*format > kFormat) {
    return Error{Code::unsupported, database.path() + ": written by a newer meshgate (format " + std::to_string(*format) +
                                        ", this one knows " + std::to_string(kFormat) +
                                        "); use that version, or mirror again into a new file"};
  }
  static_cast<void>(database.run(kIndex).has_value());
  if (auto loaded = out->load(); !loaded) return std::move(loaded).error();
  return out;
}

MirroredFeed* Ledger::feed(std::string_view name) {
  const auto at = std::find_if(feeds_.begin(), feeds_.end(), [&](const MirroredFeed& feed) { return feed.name == name; });
  return at == feeds_.end() ? nullptr : &*at;
}

Place* Ledger::place(const MirroredFeed& feed, std::string_view partition) {
  const auto at =
      std::find_if(places_.begin(), places_.end(), [&](const Place& place) { return place.feed == &feed && place.partition == partition; });
  return at == places_.end() ? nullptr : &*at;
}

Place* Ledger::place(std::int64_t number) {
  const auto at = by_number_.find(number);
  return at == by_number_.end() ? nullptr : at->second;
}

Place& Ledger::hold(std::int64_t number) {
  Place& place = places_.emplace_back();
  place.number = number;
  by_number_[number] = &place;
  return place;
}

void Ledger::forget_places(const MirroredFeed& feed) {
  std::erase_if(by_number_, [&](const auto& one) { return one.second->feed == &feed; });
  places_.remove_if([&](const Place& place) { return place.feed == &feed; });
}

void Ledger::forget_place(const Place& place) {
  by_number_.erase(place.number);
  places_.remove_if([&](const Place& one) { return &one == &place; });
}

Result<Columns> Ledger::load_columns(std::int64_t feed) {
  auto rows = database_.prepare("SELECT field,\"column\",type FROM _meshgate_fields WHERE feed=?1");
  if (!rows) return std::move(rows).error();
  rows->bind(1, feed);
  std::vector<Column> columns;
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) return Columns(std::move(columns));
    const auto type = type_named(rows->text(2));
    if (!type) return damaged(database_, "_meshgate_fields");
    columns.push_back({rows->text(0), rows->text(1), *type});
  }
}

Status Ledger::load() {
  auto rows = database_.prepare("SELECT feed,name,uid,epoch,schema_version,divided FROM _meshgate_feeds ORDER BY feed");
  if (!rows) return std::move(rows).error();
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) break;
    MirroredFeed& feed = feeds_.emplace_back();
    feed.number = rows->integer(0);
    feed.name = rows->text(1);
    feed.uid = rows->text(2);
    feed.epoch.bits = Bits128::from_hex(rows->text(3)).value_or(Bits128{});
    feed.committed_epoch = feed.epoch;
    feed.schema_version = static_cast<std::uint32_t>(rows->integer(4));
    feed.divided = rows->integer(5) != 0;
    auto columns = load_columns(feed.number);
    if (!columns) return std::move(columns).error();
    auto table = FeedTable::open(database_, feed.name, std::move(*columns));
    if (!table) return std::move(table).error().within("the table of feed " + feed.name + " is not what the mirror left");
    feed.table = std::move(*table);
  }
  auto save = database_.prepare(
      "UPDATE _meshgate_partitions SET cursor=?2,count=?3,digest=?4,comparing=?5,mismatches=?6,verified_at=?7,as_of=?8 WHERE place=?1");
  if (!save) return std::move(save).error();
  save_place_ = std::move(*save);
  return load_places();
}

Status Ledger::load_places() {
  auto rows = database_.prepare(
      "SELECT place,feed,name,cursor,count,digest,comparing,mismatches,verified_at,as_of FROM _meshgate_partitions ORDER BY place");
  if (!rows) return std::move(rows).error();
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) return {};
    const auto cursor = Cursor::parse(rows->text(3));
    const auto digest = Digest::parse(rows->text(5));
    const auto owner =
        std::find_if(feeds_.begin(), feeds_.end(), [&](const MirroredFeed& feed) { return feed.number == rows->integer(1); });
    if (!cursor || !digest || owner == feeds_.end()) return damaged(database_, "_meshgate_partitions");
    Place& place = hold(rows->integer(0));
    place.feed = &*owner;
    place.partition = rows->text(2);
    place.now = {*cursor,
                 static_cast<std::uint64_t>(rows->integer(4)),
                 *digest,
                 rows->integer(6) != 0,
                 static_cast<std::uint32_t>(rows->integer(7)),
                 instant(rows->text(8)),
                 instant(rows->text(9))};
    place.committed = place.now;
  }
}

Status Ledger::refuse_taken(std::string_view name) {
  auto taken = database_.prepare("SELECT 1 FROM sqlite_schema WHERE name=?1 COLLATE NOCASE");
  if (!taken) return std::move(taken).error();
  taken->bind(1, name);
  auto there = taken->step();
  if (!there) return std::move(there).error();
  if (!*there) return {};
  return Error{Code::config, database_.path() + ": there is a table or view named " + std::string(name) +
                                 " already that is not the mirror's; rename it, or mirror into another file"};
}

Result<std::int64_t> Ledger::insert_feed(const MirroredFeed& feed) {
  auto insert =
      database_.prepare("INSERT INTO _meshgate_feeds(name,uid,epoch,schema_version,divided) VALUES(?1,?2,'',?3,?4) RETURNING feed");
  if (!insert) return std::move(insert).error();
  insert->bind(1, feed.name);
  insert->bind(2, feed.uid);
  insert->bind(3, std::int64_t{feed.schema_version});
  insert->bind(4, std::int64_t{feed.divided ? 1 : 0});
  auto row = insert->step();
  if (!row) return std::move(row).error();
  return insert->integer(0);
}

Result<MirroredFeed*> Ledger::add_feed(std::string_view name, std::string_view uid, bool divided, const Schema& schema) {
  if (auto fine = refuse_name(database_, name); !fine) return std::move(fine).error();
  if (auto fine = refuse_taken(name); !fine) return std::move(fine).error();
  Columns columns = widened({}, schema);
  MirroredFeed feed;
  feed.name = name;
  feed.uid = uid;
  feed.schema_version = schema.version;
  feed.divided = divided;
  if (auto made = FeedTable::create(database_, feed.name, columns); !made) return std::move(made).error();
  auto number = insert_feed(feed);
  if (!number) return std::move(number).error();
  feed.number = *number;
  if (auto saved = save_columns(feed, columns); !saved) return std::move(saved).error();
  auto table = FeedTable::open(database_, feed.name, std::move(columns));
  if (!table) return std::move(table).error();
  feed.table = std::move(*table);
  feeds_.push_back(std::move(feed));
  return &feeds_.back();
}

Status Ledger::save(const MirroredFeed& feed) {
  auto update = database_.prepare("UPDATE _meshgate_feeds SET uid=?2,epoch=?3,schema_version=?4,divided=?5 WHERE feed=?1");
  if (!update) return std::move(update).error();
  const std::string epoch = feed.epoch.bits.hex();
  update->bind(1, feed.number);
  update->bind(2, feed.uid);
  update->bind(3, epoch);
  update->bind(4, std::int64_t{feed.schema_version});
  update->bind(5, std::int64_t{feed.divided ? 1 : 0});
  return update->run();
}

Status Ledger::save_columns(const MirroredFeed& feed, const Columns& columns) {
  auto insert = database_.prepare("INSERT OR REPLACE INTO _meshgate_fields(feed,field,\"column\",type) VALUES(?1,?2,?3,?4)");
  if (!insert) return std::move(insert).error();
  for (const Column& column : columns.all()) {
    insert->bind(1, feed.number);
    insert->bind(2, column.field);
    insert->bind(3, column.name);
    insert->bind(4, name(column.type));
    if (auto done = insert->run(); !done) return done;
  }
  return {};
}

Result<Place*> Ledger::add_place(MirroredFeed& feed, std::string_view partition) {
  auto insert = database_.prepare(
      "INSERT INTO _meshgate_partitions(feed,name,cursor,count,digest,comparing,mismatches) VALUES(?1,?2,'0',0,?3,0,0) RETURNING place");
  if (!insert) return std::move(insert).error();
  const std::string digest = Digest().text();
  insert->bind(1, feed.number);
  insert->bind(2, partition);
  insert->bind(3, digest);
  auto row = insert->step();
  if (!row) return std::move(row).error();
  Place& place = hold(insert->integer(0));
  insert->reset();
  place.feed = &feed;
  place.partition = partition;
  return &place;
}

Status Ledger::save(const Place& place) {
  const std::string cursor = place.now.cursor.text();
  const std::string digest = place.now.digest.text();
  std::string verified;
  std::string as_of;
  save_place_.bind(1, place.number);
  save_place_.bind(2, cursor);
  save_place_.bind(3, static_cast<std::int64_t>(place.now.count));
  save_place_.bind(4, digest);
  save_place_.bind(5, std::int64_t{place.now.comparing ? 1 : 0});
  save_place_.bind(6, std::int64_t{place.now.mismatches});
  save_place_.bind(7, instant_cell(place.now.verified, verified));
  save_place_.bind(8, instant_cell(place.now.as_of, as_of));
  return save_place_.run();
}

Status Ledger::empty(const MirroredFeed& feed) {
  const std::string number = std::to_string(feed.number);
  return database_.run("DELETE FROM " + quoted(feed.name) + "; DELETE FROM _meshgate_members WHERE feed=" + number +
                       "; DELETE FROM _meshgate_met WHERE place IN (SELECT place FROM _meshgate_partitions WHERE feed=" + number +
                       "); DELETE FROM _meshgate_partitions WHERE feed=" + number);
}

}  // namespace meshgate::device
