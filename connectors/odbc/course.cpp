// What a stream reads next and how far it has come. What it reads of: opening.cpp; the rows themselves: stream.cpp.
#include <utility>

#include "connectors/odbc/stream.hpp"

namespace meshgate::odbc {

namespace {

/// An open snapshot holds back the database's cleaning: a host that asks for nothing this long loses it, and the scan goes on by key.
constexpr std::chrono::seconds kSilence{60};
/// How long a sweep or a compare keeps changes waiting before a poll has its turn.
constexpr std::chrono::milliseconds kSlice{500};
/// How often open transactions are looked at; a poll in between moves no bound, and reads the same once more.
constexpr std::chrono::seconds kLook{1};

}  // namespace

bool TableStream::sound(const Position& position) const {
  if (position.fingerprint != print() || position.tracked.has_value() != following() || position.journaled.has_value() != journaling()) return false;
  if (position.key && position.key->size() != table_->key.size()) return false;
  const bool at = position.tracked && position.tracked->poll && position.tracked->poll->at;
  return !at || position.tracked->poll->at->size() == (journaling() ? 1 : table_->key.size() + 1);
}

sdk::Status TableStream::take_up(std::string_view bytes) {
  stop_scan();
  given_.reset();
  position_ = {};
  announce_scan_ = from_the_middle_ = moment_due_ = false;
  done_ = {};
  seen_.reset();
  next_seen_.reset();
  if (bytes.empty()) return {};
  const auto decoded = decode_position(bytes);
  if (!decoded || !sound(*decoded)) {
    return sdk::failure(MG_GONE, "the stored position does not belong to " + table_->said + " with this key and tracking: it is read from the beginning");
  }
  position_ = *decoded;
  from_the_middle_ = position_.pass == Pass::scan;
  scan_began_ = slice_began_ = Clock::now();
  // Of a sweep only a whole one counts.
  announce_scan_ = position_.pass == Pass::sweep || position_.pass == Pass::verify;
  if (announce_scan_) position_.key.reset();
  return journaling() ? take_up_journal() : sdk::Status{};
}

sdk::Status TableStream::resume(std::string_view bytes, bool light, Turn& turn) {
  if (!given_ || bytes != *given_) {
    if (sdk::Status failed = take_up(bytes); !failed.ok()) return failed;
  }
  turn = next_turn(position_, track_wish_.schedule, poll_due(), light);
  if (sdk::Status failed = begin(turn); !failed.ok()) return failed;
  if (turn != Turn::rest && scan_ == nullptr) start_scan();
  return {};
}

sdk::Status TableStream::begin(Turn turn) {
  switch (turn) {
    case Turn::scan: return begin_scan(Pass::scan);
    case Turn::sweep: return begin_scan(Pass::sweep);
    case Turn::verify: return begin_scan(Pass::verify);
    case Turn::poll: return journaling() ? begin_journal_poll() : begin_poll();
    case Turn::rest: return pause_scan();
    case Turn::go_on:
    case Turn::poll_on: return {};
  }
  return {};
}

sdk::Status TableStream::begin_scan(Pass pass) {
  if (sdk::Status failed = refresh_if_old(); !failed.ok()) return failed;
  Position next{.pass = pass, .key = {}, .fingerprint = print(), .as_of_us = position_.as_of_us, .tracked = position_.tracked, .journaled = position_.journaled};
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
  position_ = std::move(next);
  if (journaling() && pass == Pass::scan) {
    if (sdk::Status failed = begin_journal(); !failed.ok()) return failed;
  }
  total_ = 0;
  announce_scan_ = moment_due_ = true;
  from_the_middle_ = false;
  scan_began_ = slice_began_ = Clock::now();
  return {};
}

sdk::Status TableStream::begin_poll() {
  if (sdk::Status failed = pause_scan(); !failed.ok()) return failed;
  if (sdk::Status failed = refresh_if_old(); !failed.ok()) return failed;
  Horizon horizon;
  const bool whole = choice_.rule.order == CommitOrder::same || silent_ || !replica_.empty() || Clock::now() - looked_ >= kLook;
  if (sdk::Status failed = look(whole, horizon); !failed.ok()) return failed;
  if (whole) looked_ = Clock::now(), held_ = what_holds(horizon);
  const Moment moment{.until = horizon.until, .clock = horizon.clock, .replica = horizon.blind == Blind::replica};
  if (sdk::Status behind = take_moment(moment, position_.pass == Pass::none); !behind.ok()) return behind;
  if (silent_) horizon.until = declared_until(horizon.clock);
  Tracked tracked = odbc::begin_poll(*position_.tracked, horizon, seen_, choice_.rule);
  if (whole) next_seen_ = horizon;
  // A column that came has values in rows that nobody changes.
  if (tracked.shape != shape()) owe_compare(tracked, choice_.rule), tracked.shape = shape();
  position_.tracked = std::move(tracked);
  return {};
}

/// Of a replica that does not say how far it has come: the declared overlap is also how far it may be behind.
std::int64_t TableStream::declared_until(std::int64_t clock) const {
  return tracking() && place_.kind == TrackKind::time && choice_.rule.overlap ? clock - *choice_.rule.overlap : 0;
}

/// Before a snapshot's rows count. A replica that has not come as far as what was read would take things back. `counts`: it is the moment that
/// this pass speaks for.
sdk::Status TableStream::take_moment(Moment moment, bool counts) {
  silent_ = moment.until == 0;
  if (silent_) moment.until = declared_until(moment.clock);
  replica_ = how_far(moment);
  if (moment.replica && moment.until < position_.as_of_us) return sdk::failure(MG_RETRY, why_waiting(moment, position_.as_of_us));
  if (counts) position_.as_of_us = moment.until;
  return {};
}

/// A poll sees later than the scan's snapshot: what the scan gave behind it would be older than what the poll has given. So the scan goes
/// on in a new one.
sdk::Status TableStream::pause_scan() {
  if (scan_ == nullptr) return {};
  take_fetched();
  const Diagnosis said = std::exchange(fetched_, std::nullopt).value_or(Diagnosis{});
  rows_ = nullptr;
  const auto scan = std::exchange(scan_, nullptr);
  if (!said.ok()) return target_->status(said, wish_.table);
  return target_->status(link_.call([scan](Session&) { return scan->break_off(), Diagnosis{}; }), wish_.table);
}

/// A fetch that is not done stays: broken off each time it would never come to its end. The next read takes it and fetches no more.
sdk::Status TableStream::let_go() { return link_.busy() ? sdk::Status{} : pause_scan(); }

bool TableStream::poll_due() const { return Clock::now() - slice_began_ >= kSlice; }

void TableStream::start_scan() {
  Range range{.from = {}, .after = position_.key};
  emitted_.clear();
  if (polling() && journaling()) {
    range = entries_to_read();
  } else if (polling()) {
    const Column& column = table_->columns[*table_->track];
    range = {.from = bound_text(column, place_.kind, target_->dialect->engine(), position_.tracked->poll->from), .after = position_.tracked->poll->at};
  }
  lengths_.resize(scanned()->columns.size());
  scan_ = std::make_shared<Scan>(scanned(), std::move(range), lengths_);
  rows_ = nullptr;
  fetched_.reset();
  fetch();
}

void TableStream::stop_scan() {
  if (scan_ == nullptr) return;
  rows_ = nullptr;
  fetched_.reset();
  if (link_.busy()) link_.drop();
  link_.release(std::exchange(scan_, nullptr));
}

std::string TableStream::note() const {
  std::string out = choice_.note;
  for (const std::string& more : {replica_, held_}) {
    if (!more.empty()) out += (out.empty() ? "" : "; ") + more;
  }
  return out;
}

sdk::Status TableStream::read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  sdk::Budget budget(limits);
  const bool light = (limits.flags & MG_LIGHT) != 0;
  const bool let_go_after = (limits.flags & MG_LET_GO) != 0;
  ahead_ = !let_go_after;
  fetch_on_ = !let_go_after || scan_ == nullptr;
  Turn turn = Turn::rest;
  bool ended = false;
  sdk::Status status = resume(position, light, turn);
  if (status.ok() && turn == Turn::rest) {
    given_ = position;
    out.position = position;
    out.flags = MG_IDLE | MG_SCAN_WAITS;
    out.note = note();
    out.kept = kept_;
    return status;
  }
  if (status.ok() && !polling()) out.flags = MG_SCANNING | (std::exchange(announce_scan_, false) ? MG_SCAN_BEGAN : 0);
  if (status.ok() && sink.columns(columns_.all())) status = pump(budget, sink, ended);
  if (status.ok() && ended) end_pass(light, out);
  if (status.ok() && let_go_after) status = let_go();
  if (!status.ok()) {
    stop_scan();
    given_.reset();
    described_ = {};  // perhaps the table has changed
    return status;
  }
  out.note = note();
  out.kept = kept_;
  if (scan_ != nullptr) {
    out.flags |= MG_OPEN;
    link_.when_idle(kSilence, [scan = scan_] { scan->break_off(); });
  }
  out.total = total_;
  given_ = encode(position_);
  out.position = *given_;
  return {};
}

void TableStream::end_pass(bool light, sdk::Progress& out) {
  fetched_.reset();
  lengths_ = scan_->lengths();
  scan_.reset();
  if (polling()) return end_poll_pass(light, out);
  end_scan_pass(out);
}

void TableStream::end_poll_pass(bool light, sdk::Progress& out) {
  Tracked& tracked = *position_.tracked;
  if (tracked.doubt == 0) out.as_of_us = tracked.poll->as_of;
  tracked = end_poll(std::move(tracked));
  slice_began_ = Clock::now();
  if (next_seen_) seen_ = std::exchange(next_seen_, std::nullopt);
  const bool scan_waits = position_.pass != Pass::none || scan_due(tracked, track_wish_.schedule);
  if (!scan_waits) out.flags |= MG_IDLE;
  if (scan_waits && light) out.flags |= MG_IDLE | MG_SCAN_WAITS;
}

void TableStream::end_scan_pass(sdk::Progress& out) {
  const Pass pass = std::exchange(position_.pass, Pass::none);
  const std::int64_t as_of = position_.as_of_us;
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
