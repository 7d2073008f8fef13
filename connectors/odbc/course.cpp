// What a stream reads next and how far it has come. The rows themselves: stream.cpp.
#include <thread>
#include <utility>

#include "connectors/odbc/stream.hpp"
#include "connectors/odbc/watch.hpp"

namespace meshgate::odbc {

namespace {

/// How often a table's columns are looked up again.
constexpr std::chrono::seconds kDescribed{10};
/// An open snapshot holds back the database's cleaning: a host that asks for nothing this long loses it, and the scan goes on by key.
constexpr std::chrono::seconds kSilence{60};
/// How long a sweep or a compare keeps changes waiting before a poll has its turn.
constexpr std::chrono::milliseconds kSlice{500};
/// How often open transactions are looked at; a poll in between moves no bound, and reads the same once more.
constexpr std::chrono::seconds kLook{1};
/// How often the first look is taken again while it shows an old list, which databases renew after this time.
constexpr int kFirstLooks = 6;
constexpr std::chrono::milliseconds kListAge{120};

}  // namespace

sdk::Status TableStream::open() {
  if (sdk::Status failed = refresh(); !failed.ok()) return failed;
  if (sdk::Status failed = settle_track(); !failed.ok()) return failed;
  const std::string probe = rows_query(*table_, "1 = 0");
  return target_->status(link_.call([probe](Session& session) { return session.run(probe); }), wish_.table);
}

sdk::Status TableStream::refresh() {
  const auto name = parse_table_name(wish_.table);
  auto rows = std::make_shared<std::vector<std::vector<std::string>>>();
  if (name) {
    const Diagnosis said = link_.call([rows, name](Session& session) { return session.texts(session.dialect().columns_query(name), *rows); });
    if (!said.ok()) return target_->status(said, wish_.table);
    if (rows->empty()) return why_hidden(*name);
  }
  auto table = std::make_shared<Table>();
  if (sdk::Status failed = describe(*target_->dialect, wish_, *rows, *table); !failed.ok()) return failed;
  columns_ = announce(*table);
  keys_ = keys_of(*table);
  changes_ = changes_of(*table);
  table_ = std::move(table);
  described_ = Clock::now();
  cells_.resize(table_->columns.size());
  values_.resize(table_->columns.size());
  cell_texts_.resize(table_->columns.size());
  value_texts_.resize(table_->columns.size());
  return {};
}

/// What is followed must stay what it was: with another key or tracked column it is opened anew, and then read from the beginning.
sdk::Status TableStream::refresh_if_old() {
  if (Clock::now() - described_ <= kDescribed) return {};
  const std::uint64_t before = print();
  if (sdk::Status failed = refresh(); !failed.ok()) return failed;
  if (!tracking() || print() == before) return {};
  return sdk::failure(MG_RETRY, "the key or the tracked column of table '" + wish_.table + "' is another than before: it is read from the beginning");
}

/// A catalogue that shows nothing of a table may hide it from this user: the table itself says which it is.
sdk::Status TableStream::why_hidden(const TableName& name) {
  const std::string probe = "SELECT 1 FROM " + quoted(*target_->dialect, name) + " WHERE 1 = 0";
  const Diagnosis said = link_.call([probe](Session& session) { return session.run(probe); });
  return target_->status(said.ok() ? Diagnosis{"42S02", 0, ""} : said, wish_.table);
}

/// Decides by what the table is followed, and makes sure that it can be.
sdk::Status TableStream::settle_track() {
  const auto name = parse_table_name(wish_.table);
  if (!name || track_wish_.track == "scan") return {};
  auto rows = std::make_shared<std::vector<std::vector<std::string>>>();
  const Diagnosis said = link_.call([rows, name](Session& session) { return session.texts(session.dialect().facts_query(*name), *rows); });
  // What nobody asked for is no reason to read nothing.
  if (!said.ok()) return track_wish_.track.empty() ? sdk::Status{} : target_->status(said, wish_.table);
  const auto facts = column_facts(*rows);
  const Engine engine = target_->dialect->engine();
  if (sdk::Status failed = choose_track(track_wish_, *table_, facts, engine, Blind::no, choice_); !failed.ok() || !tracking()) return failed;
  place_ = {.table = *name, .column = choice_.column, .kind = choice_.rule.kind};
  choice_.rule.order = target_->dialect->commit_order(place_.kind);
  Horizon horizon;
  const sdk::Status seen = look_first(horizon);
  if (!seen.ok() && (!track_wish_.track.empty() || seen.code != MG_CONFIG)) return seen;
  if (!seen.ok()) {
    const sdk::Status chosen = choose_track(track_wish_, *table_, facts, engine, horizon.blind, choice_);
    choice_.note += "; " + seen.message;
    return chosen;
  }
  wish_.track = choice_.column;
  first_ = horizon;
  return refresh();
}

/// A list of transactions that somebody else had made a moment ago would leave a doubt that costs a compare of all rows: a little patience
/// is cheaper.
sdk::Status TableStream::look_first(Horizon& out) {
  for (int tries = 0; tries < kFirstLooks; ++tries) {
    if (tries > 0) link_.call([](Session&) { return std::this_thread::sleep_for(kListAge), Diagnosis{}; });
    if (sdk::Status failed = look(true, out); !failed.ok()) return failed;
    if (out.blind != Blind::no || (out.read_at && *out.read_at + kGrain >= out.clock)) break;
  }
  return {};
}

/// Before a read. `whole`: also which transactions are open.
sdk::Status TableStream::look(bool whole, Horizon& out) {
  auto seen = std::make_shared<Horizon>();
  const Diagnosis said = link_.call([seen, whole, place = place_](Session& session) {
    return whole ? look_at_horizon(session, place, *seen) : look_at_clock(session, *seen);
  });
  if (!said.ok()) return target_->status(said, wish_.table);
  out = *seen;
  if (out.blind == Blind::no || choice_.rule.overlap) return {};
  Place named = target_->place;
  named.table = wish_.table;
  return sdk::failure(MG_CONFIG, blindness(out.blind, target_->dialect->engine(), named, choice_.column));
}

std::uint64_t TableStream::print() const {
  std::vector<std::string> names;
  for (const std::size_t at : table_->key) names.push_back(table_->columns[at].name);
  if (tracking()) names.push_back("track " + choice_.column + " " + table_->columns[*table_->track].native);
  return fingerprint(table_->name, names);
}

std::uint64_t TableStream::shape() const {
  std::vector<std::string> names;
  for (const mg_column& column : columns_.all()) names.push_back(std::string(sdk::view(column.name)) + " " + std::string(sdk::view(column.native)));
  return fingerprint(table_->name, names);
}

bool TableStream::sound(const Position& position) const {
  if (position.fingerprint != print() || position.tracked.has_value() != tracking()) return false;
  if (position.key && position.key->size() != table_->key.size()) return false;
  const bool at = position.tracked && position.tracked->poll && position.tracked->poll->at;
  return !at || position.tracked->poll->at->size() == table_->key.size() + 1;
}

sdk::Status TableStream::take_up(std::string_view bytes) {
  stop_scan();
  given_.reset();
  position_ = {};
  announce_scan_ = from_the_middle_ = false;
  if (bytes.empty()) return {};
  const auto decoded = decode_position(bytes);
  if (!decoded || !sound(*decoded)) {
    return sdk::failure(MG_GONE, "the stored position does not belong to table '" + wish_.table + "' with this key and tracking: it is read from the beginning");
  }
  position_ = *decoded;
  from_the_middle_ = position_.pass == Pass::scan;
  scan_began_ = slice_began_ = Clock::now();
  // Of a sweep only a whole one counts.
  announce_scan_ = position_.pass == Pass::sweep || position_.pass == Pass::verify;
  if (announce_scan_) position_.key.reset();
  return {};
}

sdk::Status TableStream::resume(std::string_view bytes, std::uint32_t& flags) {
  if (!given_ || bytes != *given_) {
    if (sdk::Status failed = take_up(bytes); !failed.ok()) return failed;
  }
  if (sdk::Status failed = begin(next_turn(position_, track_wish_.schedule, poll_due())); !failed.ok()) return failed;
  if (scan_ == nullptr) start_scan();
  if (polling()) return {};
  flags |= MG_SCANNING | (std::exchange(announce_scan_, false) ? MG_SCAN_BEGAN : 0);
  return {};
}

sdk::Status TableStream::begin(Turn turn) {
  switch (turn) {
    case Turn::scan: return begin_scan(Pass::scan);
    case Turn::sweep: return begin_scan(Pass::sweep);
    case Turn::verify: return begin_scan(Pass::verify);
    case Turn::poll: return begin_poll();
    case Turn::go_on:
    case Turn::poll_on: return {};
  }
  return {};
}

sdk::Status TableStream::begin_scan(Pass pass) {
  if (sdk::Status failed = refresh_if_old(); !failed.ok()) return failed;
  Position next{.pass = pass, .key = {}, .fingerprint = print(), .as_of_us = 0, .tracked = position_.tracked};
  if (tracking() && pass == Pass::scan) {
    // That of open() is from before the scan as well, and so is what it says.
    Horizon horizon;
    if (first_) horizon = *std::exchange(first_, std::nullopt);
    else if (sdk::Status failed = look_first(horizon); !failed.ok()) return failed;
    next.tracked = begin_tracking(horizon, choice_.rule);
    next.tracked->shape = shape();
  }
  if (pass == Pass::verify) begin_compare(*next.tracked);
  if (pass == Pass::sweep) next.tracked->swept = next.tracked->clock;
  if (pass != Pass::scan) next.as_of_us = next.tracked->clock;
  position_ = std::move(next);
  total_ = 0;
  announce_scan_ = true;
  from_the_middle_ = false;
  scan_began_ = slice_began_ = Clock::now();
  return {};
}

sdk::Status TableStream::begin_poll() {
  if (sdk::Status failed = pause_scan(); !failed.ok()) return failed;
  if (sdk::Status failed = refresh_if_old(); !failed.ok()) return failed;
  Horizon horizon;
  const bool whole = choice_.rule.order == CommitOrder::same || Clock::now() - looked_ >= kLook;
  if (sdk::Status failed = look(whole, horizon); !failed.ok()) return failed;
  if (whole) looked_ = Clock::now(), held_ = what_holds(horizon);
  Tracked tracked = odbc::begin_poll(*position_.tracked, horizon, choice_.rule);
  // A column that came has values in rows that nobody changes.
  if (tracked.shape != shape()) owe_compare(tracked, choice_.rule), tracked.shape = shape();
  position_.tracked = std::move(tracked);
  return {};
}

/// A poll sees later than the scan's snapshot: what the scan gave behind it would be older than what the poll has given. So the scan goes
/// on in a new one.
sdk::Status TableStream::pause_scan() {
  if (scan_ == nullptr) return {};
  if (!fetched_) {
    link_.wait(Clock::time_point::max());
    fetched_ = link_.take();
  }
  const Diagnosis said = *std::exchange(fetched_, std::nullopt);
  rows_ = nullptr;
  const auto scan = std::exchange(scan_, nullptr);
  if (!said.ok()) return target_->status(said, wish_.table);
  return target_->status(link_.call([scan](Session&) { return scan->break_off(), Diagnosis{}; }), wish_.table);
}

bool TableStream::poll_due() const { return Clock::now() - slice_began_ >= kSlice; }

void TableStream::start_scan() {
  const bool sweep = !polling() && position_.pass == Pass::sweep;
  Range range{.from = {}, .after = position_.key};
  if (polling()) {
    const Column& column = table_->columns[*table_->track];
    range = {.from = bound_text(column, place_.kind, target_->dialect->engine(), position_.tracked->low), .after = position_.tracked->poll->at};
  }
  scan_ = std::make_shared<Scan>(polling() ? changes_ : sweep ? keys_ : table_, std::move(range));
  rows_ = nullptr;
  fetched_.reset();
  link_.start([scan = scan_](Session& session) { return scan->advance(session); });
}

void TableStream::stop_scan() {
  if (scan_ == nullptr) return;
  rows_ = nullptr;
  fetched_.reset();
  if (link_.busy()) link_.drop();
  link_.release(std::exchange(scan_, nullptr));
}

sdk::Status TableStream::read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  sdk::Budget budget(limits);
  bool ended = false;
  out.note = held_.empty() ? choice_.note : choice_.note + "; " + held_;
  sdk::Status status = resume(position, out.flags);
  if (status.ok()) status = sink.columns(columns_.all()) ? pump(budget, sink, ended) : sdk::Status{};
  if (!status.ok()) {
    stop_scan();
    given_.reset();
    described_ = {};  // perhaps the table has changed
    return status;
  }
  out.total = total_;
  if (ended) {
    end_pass(out);
  } else if (scan_ != nullptr) {
    link_.when_idle(kSilence, [scan = scan_] { scan->break_off(); });
  }
  given_ = encode(position_);
  out.position = *given_;
  return {};
}

void TableStream::end_pass(sdk::Progress& out) {
  scan_.reset();
  if (polling()) return end_poll_pass(out);
  end_scan_pass(out);
}

void TableStream::end_poll_pass(sdk::Progress& out) {
  Tracked& tracked = *position_.tracked;
  tracked = end_poll(std::move(tracked));
  slice_began_ = Clock::now();
  if (tracked.doubt == 0) out.as_of_us = tracked.clock;
  if (position_.pass == Pass::none && !scan_due(tracked, track_wish_.schedule)) out.flags |= MG_IDLE;
}

void TableStream::end_scan_pass(sdk::Progress& out) {
  const Pass pass = std::exchange(position_.pass, Pass::none);
  const std::int64_t as_of = std::exchange(position_.as_of_us, 0);
  position_.key.reset();
  out.flags |= MG_SCAN_ENDED;
  if (!position_.tracked) {
    out.flags |= MG_IDLE;
    out.as_of_us = as_of;
    return;
  }
  Tracked& tracked = *position_.tracked;
  const bool checked = tracked.doubt == kChecking;
  if (pass == Pass::sweep) tracked.sweep_took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - scan_began_).count();
  if (pass == Pass::verify) end_compare(tracked);
  // Polls speak for a later moment, unless there was a doubt.
  if (pass == Pass::scan || (pass == Pass::verify && checked)) out.as_of_us = as_of;
  const Schedule& schedule = track_wish_.schedule;
  if (schedule.sweep || schedule.verify) out.flags |= MG_SCANS_AGAIN;
  // Deletes from before are still unknown.
  if (from_the_middle_) (schedule.sweep ? tracked.swept : tracked.verified) = 0;
}

}  // namespace meshgate::odbc
