#include "gateway/device/mirror_file.hpp"

#include "gateway/device/recount.hpp"
#include "gateway/device/widen.hpp"

namespace meshgate::device {

using Clock = std::chrono::steady_clock;
using Guard = std::lock_guard<std::mutex>;

namespace {

constexpr std::chrono::seconds kRestsAfter{10};  ///< the last transaction began

}  // namespace

Result<std::unique_ptr<MirrorFile>> MirrorFile::open(const std::string& path, FileOptions options) {
  auto lock = FileLock::take(path);
  if (!lock) return std::move(lock).error();
  std::unique_ptr<MirrorFile> out(new MirrorFile(options, std::move(*lock)));
  auto database = Database::open(path);
  if (!database) return std::move(database).error();
  out->database_ = std::move(*database);
  auto ledger = Ledger::open(*out->database_);
  if (!ledger) return std::move(ledger).error();
  out->ledger_ = std::move(*ledger);
  auto applier = Applier::open(*out->database_, *out->ledger_);
  if (!applier) return std::move(applier).error();
  out->applier_ = std::move(*applier);
  return out;
}

MirrorFile::~MirrorFile() {
  const Guard guard(mutex_);
  if (database_ && database_->in_transaction() && !commit_now()) roll_back();
}

Status MirrorFile::begin() {
  if (database_->in_transaction()) return {};
  begun_ = Clock::now();
  waiting_ = 0;
  rested_ = false;
  return database_->run("BEGIN IMMEDIATE");
}

Status MirrorFile::commit_now() {
  if (!database_->in_transaction()) return {};
  for (const Place& place : ledger_->places()) {
    if (place.now == place.committed) continue;
    if (auto saved = ledger_->save(place); !saved) return saved;
  }
  if (auto done = database_->run("COMMIT"); !done) return done;
  for (Place& place : ledger_->places()) place.committed = place.now;
  for (MirroredFeed& feed : ledger_->feeds()) feed.committed_epoch = feed.epoch;
  waiting_ = 0;
  return {};
}

void MirrorFile::roll_back() {
  // On a full disk SQLite may have rolled back by itself: then this says so, and there is nothing more to undo.
  if (database_->in_transaction()) static_cast<void>(database_->run("ROLLBACK").has_value());
  for (Place& place : ledger_->places()) {
    if (place.now == place.committed) continue;
    place.now = place.committed;
    ++place.generation;
  }
  for (MirroredFeed& feed : ledger_->feeds()) feed.epoch = feed.committed_epoch;
  waiting_ = 0;
}

Result<MirroredFeed*> MirrorFile::adopt(std::string_view name, std::string_view uid, bool divided, const Schema& schema, bool replace) {
  const Guard guard(mutex_);
  if (auto done = commit_now(); !done) return std::move(done).error();
  if (auto begun = begin(); !begun) return std::move(begun).error();
  MirroredFeed* feed = ledger_->feed(name);
  if (feed == nullptr) return add_feed(name, uid, divided, schema);
  if (feed->uid != uid || feed->divided != divided) {
    if (!replace) return refuse(*feed, uid, divided);
    if (auto done = replace_feed(*feed, uid, divided); !done) return std::move(done).error();
    if (auto begun = begin(); !begun) return std::move(begun).error();
  }
  if (auto done = widen(*feed, schema); !done) return std::move(done).error();
  return feed;
}

Result<MirroredFeed*> MirrorFile::add_feed(std::string_view name, std::string_view uid, bool divided, const Schema& schema) {
  auto added = ledger_->add_feed(name, uid, divided, schema);
  if (!added) {
    roll_back();
    return added;
  }
  if (auto done = commit_now(); !done) {
    roll_back();
    ledger_->feeds().pop_back();
    return std::move(done).error();
  }
  return added;
}

Error MirrorFile::refuse(const MirroredFeed& feed, std::string_view uid, bool divided) {
  roll_back();
  std::string what = "holds this feed from before it was " + std::string(divided ? "divided into partitions" : "made one partition");
  if (feed.uid != uid) what = "holds another feed of that name (" + feed.uid + ", the node publishes " + std::string(uid) + ")";
  return {Code::conflict, database_->path() + ": table " + feed.name + " " + what +
                              "; mirror into another file, or give --replace to empty the table first"};
}

Status MirrorFile::replace_feed(MirroredFeed& feed, std::string_view uid, bool divided) {
  const std::string old_uid = feed.uid;
  const bool old_divided = feed.divided;
  feed.uid = uid;
  feed.divided = divided;
  feed.epoch = {};
  auto done = ledger_->empty(feed);
  if (done) done = ledger_->save(feed);
  if (done) done = commit_now();
  if (done) {
    ledger_->forget_places(feed);
    return done;
  }
  roll_back();
  feed.uid = old_uid;
  feed.divided = old_divided;
  return done;
}

Result<Place*> MirrorFile::place(MirroredFeed& feed, std::string_view partition) {
  const Guard guard(mutex_);
  if (Place* known = ledger_->place(feed, partition)) return known;
  if (auto done = commit_now(); !done) return std::move(done).error();
  if (auto begun = begin(); !begun) return std::move(begun).error();
  auto added = ledger_->add_place(feed, partition);
  auto done = added ? commit_now() : Status(added.error());
  if (done) return added;
  roll_back();
  if (added) ledger_->forget_place(**added);
  return std::move(done).error();
}

ReaderState MirrorFile::standing(const Place& place) {
  const Guard guard(mutex_);
  const Standpoint& now = place.now;
  return {now.cursor, place.feed->schema_version, place.feed->table.shared_columns(), place.generation, now.count, now.digest,
          now.comparing, now.mismatches, now.verified};
}

Result<Applied> MirrorFile::apply(Place& place, std::uint64_t generation, const Piece& piece) {
  const Guard guard(mutex_);
  if (place.generation != generation) return Applied{.stale = true};
  if (auto begun = begin(); !begun) return std::move(begun).error();
  const Standpoint before = place.now;
  const Epoch epoch = place.feed->epoch;
  if (auto saved = database_->run("SAVEPOINT piece"); !saved) return std::move(saved).error();
  auto applied = apply_all(place, piece);
  if (!applied) {
    // An order that was entered has touched other partitions too.
    const bool entered = place.feed->epoch != epoch;
    place.now = before;
    if (entered || !database_->in_transaction() || !database_->run("ROLLBACK TO piece; RELEASE piece")) roll_back();
    return applied;
  }
  if (auto released = database_->run("RELEASE piece"); !released) {
    roll_back();
    return std::move(released).error();
  }
  waiting_ += applied->lines;
  const bool due = applied->caught_up || waiting_ >= options_.lines_per_commit || Clock::now() - begun_ >= options_.longest_commit;
  if (!due) return applied;
  if (auto done = commit_now(); !done) {
    roll_back();
    return std::move(done).error();
  }
  return applied;
}

Result<Applied> MirrorFile::apply_all(Place& place, const Piece& piece) {
  Applied out;
  Seq last = place.now.cursor.seq;
  if (auto entered = enter(place, piece.mark); !entered) return std::move(entered).error();
  for (const Change& change : piece.changes) {
    if (auto done = apply_one(place, change, last); !done) return std::move(done).error();
  }
  out.lines = piece.changes.size();
  if (auto done = apply_mark(place, piece.mark, last, out); !done) return std::move(done).error();
  out.generation = place.generation;
  return out;
}

Status MirrorFile::apply_one(Place& place, const Change& change, Seq& last) {
  const auto* put = std::get_if<Put>(&change);
  const auto* gone = std::get_if<GoneLine>(&change);
  const auto* trim = std::get_if<TrimLine>(&change);
  const Seq seq = put != nullptr ? put->row.seq : gone != nullptr ? gone->seq : trim->seq;
  if (seq <= last || number(seq) > INT64_MAX) {
    return Error{Code::corrupt, "feed " + place.feed->name + ": the line with seq " + std::to_string(number(seq)) + " came after seq " +
                                    std::to_string(number(last)) +
                                    "; the node or something between does not keep the order; it is read again"};
  }
  last = seq;
  if (put != nullptr) return applier_.put(place, *put);
  return gone != nullptr ? applier_.gone(place, gone->id) : applier_.trim(place, trim->through);
}

/// The order of a piece, before anything of it is taken: what partitions say of rows that they share must not count against it where it is of another order.
Status MirrorFile::enter(Place& place, const Mark& mark) {
  MirroredFeed& feed = *place.feed;
  if (mark.cursor.start() || mark.cursor.epoch == feed.epoch) return {};
  if (!place.now.cursor.start()) {
    return Error{Code::gone,
                 "feed " + feed.name + ": the node began a new order in the middle of a stream; the feed is compared from the beginning"};
  }
  return applier_.enter(feed, mark.cursor.epoch);
}

Status MirrorFile::apply_mark(Place& place, const Mark& mark, Seq last, Applied& out) {
  MirroredFeed& feed = *place.feed;
  if (mark.cursor.start() || mark.cursor.seq < last) {
    return Error{Code::corrupt, "feed " + feed.name + ": the mark " + mark.cursor.text() + " stands before seq " +
                                    std::to_string(number(last)) + ", which came before it; it is read again"};
  }
  place.now.cursor = mark.cursor;
  if (mark.as_of.count != 0) place.now.as_of = mark.as_of;
  return mark.caught_up ? judge(place, mark, out) : Status();
}

Status MirrorFile::judge(Place& place, const Mark& mark, Applied& out) {
  out.caught_up = true;
  if (place.now.comparing) {
    auto removed = applier_.end_pass(place);
    if (!removed) return std::move(removed).error();
    out.removed = *removed;
  }
  if (mark.count == place.now.count && mark.digest == place.now.digest) {
    out.verified = true;
    place.now.mismatches = 0;
    place.now.verified = now();
    return {};
  }
  out.mismatch = true;
  ++place.now.mismatches;
  return applier_.begin_pass(place);
}

Result<std::shared_ptr<const Columns>> MirrorFile::take_schema(MirroredFeed& feed, const Schema& schema) {
  const Guard guard(mutex_);
  if (schema.version <= feed.schema_version) return feed.table.shared_columns();
  auto done = commit_now();
  if (done) done = begin();
  if (done) done = widen(feed, schema);
  if (!done) return std::move(done).error();
  return feed.table.shared_columns();
}

Status MirrorFile::widen(MirroredFeed& feed, const Schema& schema) {
  const std::uint32_t version = feed.schema_version;
  const Columns columns = feed.table.columns();
  auto done = widen_table(*database_, *ledger_, feed, schema);
  feed.schema_version = schema.version;
  if (done) done = ledger_->save(feed);
  if (done) done = commit_now();
  if (done) return done;
  roll_back();
  feed.schema_version = version;
  if (auto table = FeedTable::open(*database_, feed.name, columns)) feed.table = std::move(*table);
  return done;
}

Status MirrorFile::begin_pass(Place& place) {
  const Guard guard(mutex_);
  if (auto begun = begin(); !begun) return begun;
  auto done = applier_.begin_pass(place);
  if (done) done = commit_now();
  if (!done) roll_back();
  return done;
}

Result<std::uint64_t> MirrorFile::drop(Place& place) {
  const Guard guard(mutex_);
  if (auto begun = begin(); !begun) return std::move(begun).error();
  // A pass that has met nothing.
  auto done = applier_.begin_pass(place);
  auto dropped = done ? applier_.end_pass(place) : Result<std::uint64_t>(done.error());
  if (dropped) done = commit_now();
  if (dropped && done) return dropped;
  roll_back();
  if (!dropped) return dropped;
  return std::move(done).error();
}

bool MirrorFile::knows(std::string_view feed) {
  const Guard guard(mutex_);
  return ledger_->feed(feed) != nullptr;
}

std::vector<Place*> MirrorFile::held() {
  const Guard guard(mutex_);
  std::vector<Place*> out;
  for (Place& place : ledger_->places()) {
    if (place.now.count > 0 || !place.now.cursor.start()) out.push_back(&place);
  }
  return out;
}

Result<std::uint64_t> MirrorFile::recount(MirroredFeed& feed, const std::function<bool(std::uint64_t)>& progress) {
  const Guard guard(mutex_);
  if (auto done = commit_now(); !done) return std::move(done).error();
  if (auto begun = begin(); !begun) return std::move(begun).error();
  auto differing = take_recount(feed, progress);
  auto done = differing ? commit_now() : Status();
  if (differing && done) return differing;
  roll_back();
  if (!differing) return differing;
  return std::move(done).error();
}

Result<std::uint64_t> MirrorFile::take_recount(MirroredFeed& feed, const std::function<bool(std::uint64_t)>& progress) {
  auto found = recount_feed(*database_, *ledger_, feed, progress);
  if (!found) return std::move(found).error();
  std::uint64_t differing = 0;
  for (auto& [place, told] : *found) {
    if (told.count == place->now.count && told.digest == place->now.digest) continue;
    ++differing;
    place->now.count = told.count;
    place->now.digest = told.digest;
    if (auto done = applier_.begin_pass(*place); !done) return std::move(done).error();
  }
  return differing;
}

void MirrorFile::rest() {
  if (rested_ || Clock::now() - begun_ < kRestsAfter) return;
  rested_ = true;
  database_->let_go_of_pages();
}

Status MirrorFile::commit_due() {
  const Guard guard(mutex_);
  if (!database_->in_transaction()) {
    rest();
    return {};
  }
  if (Clock::now() - begun_ < options_.longest_commit) return {};
  auto done = commit_now();
  if (!done) roll_back();
  return done;
}

Status MirrorFile::commit() {
  const Guard guard(mutex_);
  auto done = commit_now();
  if (!done) roll_back();
  return done;
}

Status MirrorFile::limit_pages(std::uint64_t pages) {
  const Guard guard(mutex_);
  return database_->run("PRAGMA max_page_count=" + std::to_string(pages));
}

}  // namespace meshgate::device
