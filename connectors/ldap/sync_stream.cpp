#include "connectors/ldap/sync_stream.hpp"

#include <utility>

#include "connectors/ldap/cookie.hpp"
#include "connectors/ldap/failures.hpp"

namespace meshgate::ldap {

namespace {

constexpr std::int64_t kSecond = 1000000;
constexpr std::int64_t kProbeEvery = 2 * kSecond;

LDAPControl* control(LDAPControl** all, const char* number) { return all == nullptr ? nullptr : ldap_control_find(number, all, nullptr); }

}  // namespace

sdk::Status SyncStream::read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  const auto at = Position::parse(position);
  if (!position.empty() && (!at || at->capture != Capture::sync)) return sdk::failure(MG_GONE, "the Position is not one of this stream; it is read from its beginning");
  sdk::Budget budget(limits);
  Turn turn{.sink = sink, .budget = budget, .out = out, .light = (limits.flags & MG_LIGHT) != 0};
  if (!turn.light) scan_waits_ = false;
  out.position = position;
  if (turn.light && (!at || at->scanning || scan_waits_)) {
    rest(turn);
    return {};
  }
  if (!sink.columns(table_.columns())) return sdk::failure(MG_CANCELLED, "cancelled");
  sdk::Status done = place(position, at ? &*at : nullptr, turn);
  if (done.ok()) done = run(turn);
  // A way over what was shown that is longer than one read is gone on with in the next, or it would never end.
  if (!done.ok() || ((limits.flags & MG_LET_GO) != 0 && !passing_)) stop();
  if (done.ok() && turn.refused) {
    out.flags = 0;
    rest(turn);
    return {};
  }
  if (!done.ok()) return done;
  if ((request_ >= 0 || ending_) && (refreshing_ || !ids_.empty())) out.flags |= MG_OPEN;
  out.position = at_.text();
  out.note = note("the server tells its changes");
  given_ = request_ >= 0 || ending_ ? out.position : std::string();
  return {};
}

void SyncStream::rest(Turn& turn) {
  stop();
  turn.out.flags = MG_IDLE | MG_SCAN_WAITS;
}

void SyncStream::stop() {
  if (request_ >= 0 && link_ != nullptr) link_->abandon(request_);
  if (probe_ >= 0 && link_ != nullptr) link_->abandon(probe_);
  request_ = probe_ = -1;
  refreshing_ = ending_ = passing_ = false;
  given_.clear();
  ids_.clear();
  met_.clear();
  shown_.clear();
}

/// Sees to it that the search that goes on from the Position is under way.
sdk::Status SyncStream::place(std::string_view position, const Position* at, Turn& turn) {
  met_.insert(met_.end(), shown_.begin(), shown_.end());
  shown_.clear();
  if ((request_ >= 0 || ending_) && position == given_ && !position.empty()) {
    if (refreshing_ || !ids_.empty() || !sweep_due()) return {};
    if (turn.light) {
      turn.out.flags |= MG_SCAN_WAITS;
      return {};
    }
    return begin_anew(turn);
  }
  return begin(at == nullptr ? Position{} : *at, turn);
}

/// Everything, where `at` has no cookie or is in the middle of a scan; otherwise from its cookie. On another connection a scan is not gone on with where there
/// is a cookie: the server there may lag, and says so when it is shown one.
sdk::Status SyncStream::begin(Position at, Turn& turn) {
  stop();
  scans_here_ = scans_here_ && link_ != nullptr && !link_->over();
  if (sdk::Status ready = ensure(link_); !ready.ok()) return ready;
  if (sdk::Status young = must_not_lag(at.mark); !young.ok()) return young;
  whole_ = at.mark.empty() || (at.scanning && scans_here_);
  passing_ = whole_ && at.scanning && at.trail.count > 0;
  scans_here_ = whole_;
  if (!passing_) at.trail = {};
  at_ = std::move(at);
  at_.scanning = passing_;
  walked_ = {};
  met_references_ = 0;
  present_told_ = false;
  cookie_ = whole_ ? std::string() : at_.mark;
  began_us_ = now_us();
  alive_us_ = known_us_ = began_us_;
  if (whole_ && !passing_) enter_scan(turn);
  const std::string value = encode_request(cookie_);
  const berval given = borrow(value);
  LDAPControl* made = nullptr;
  ldap_control_create(LDAP_CONTROL_SYNC, 1, const_cast<berval*>(&given), 1, &made);
  const Control owned(made);
  refreshing_ = true;
  return link_->search(query(), {made}, request_);
}

/// A server that has less than what was read would take changes back: who was shut out would be let in again. Not every one says so when it is shown the
/// cookie. Where it does not show how far it is, nothing is known.
sdk::Status SyncStream::must_not_lag(std::string_view cookie) {
  std::vector<std::string> numbers;
  if (cookie.empty() || context_.empty()) return {};
  const Query how_far{.base = context_, .scope = LDAP_SCOPE_BASE, .attributes = {"contextCSN"}};
  const sdk::Status asked = link_->all(how_far, [&](LDAPMessage* entry) { numbers = values_of(link_->handle(), entry, "contextCSN"); }, LDAP_NO_SUCH_OBJECT);
  if (!asked.ok() || !lags(cookie, numbers)) return asked;
  return sdk::failure(MG_RETRY, "server " + link_->server() + " lags behind what was read, and nothing is taken from it until it has caught up. If it was restored from a backup, that is with its next change");
}

sdk::Status SyncStream::begin_anew(Turn& turn) {
  Position at = at_;
  at.scanning = scans_here_ = true;
  at.trail = {};
  return begin(std::move(at), turn);
}

sdk::Status SyncStream::run(Turn& turn) {
  while (turn.more && !turn.ended && !turn.refused && turn.budget.left()) {
    if (!ids_.empty()) {
      emit_id(turn);
      continue;
    }
    if (ending_) {
      finish_refresh(turn);
      break;
    }
    Message message;
    const auto answer = refreshing_ ? Link::Answer::due : Link::Answer::whenever;
    if (sdk::Status came = link_->next(request_, turn.budget.end(), answer, message); !came.ok()) return came;
    if (message == nullptr) {
      if (refreshing_) break;
      turn.out.flags |= MG_IDLE;
      if (sdk::Status felt = feel(); !felt.ok()) return felt;
      turn.out.as_of_us = known_us_;
      break;
    }
    if (sdk::Status taken = take_message(message.get(), turn); !taken.ok()) return taken;
  }
  if (at_.scanning) turn.out.flags |= MG_SCANNING;
  return {};
}

sdk::Status SyncStream::take_message(LDAPMessage* message, Turn& turn) {
  switch (ldap_msgtype(message)) {
    case LDAP_RES_SEARCH_ENTRY: return take_entry(message, turn);
    case LDAP_RES_INTERMEDIATE: return take_note(message, turn);
    case LDAP_RES_SEARCH_RESULT: return take_result(message, turn);
    case LDAP_RES_SEARCH_REFERENCE: note_references(++met_references_, *link_); return {};
    default: return {};
  }
}

sdk::Status SyncStream::take_entry(LDAPMessage* message, Turn& turn) {
  LDAPControl** given = nullptr;
  ldap_get_entry_controls(link_->handle(), message, &given);
  const Controls controls(given);
  const LDAPControl* said = control(given, LDAP_CONTROL_SYNC_STATE);
  const auto state = said == nullptr ? std::nullopt : decode_state(view(said->ldctl_value));
  if (!state) return wrong("sent an entry without saying how it stands");
  if (state->kind == SyncState::Kind::present || state->kind == SyncState::Kind::remove) {
    if (sdk::Status taken = take_ids({state->uuid}, state->kind == SyncState::Kind::remove, turn); !taken.ok()) return taken;
  } else {
    if (sdk::Status taken = take(*link_, message); !taken.ok()) return taken;
    note_walked();
    if (passing_) return pass_over(turn);
    turn.budget.spend(table_.values());
    at_.trail = walked_;
    if (refreshing_ && !at_.scanning) shown_.push_back(state->uuid);
    turn.more = emit(turn.sink);
  }
  take_cookie(state->cookie);
  return {};
}

void SyncStream::note_walked() {
  ++walked_.count;
  table_.note(walked_);
}

/// What the Position says was shown is not shown again, as long as it is the same to the last byte; otherwise the scan begins again.
sdk::Status SyncStream::pass_over(Turn& turn) {
  if (walked_.count < at_.trail.count) return {};
  passing_ = false;
  return walked_ == at_.trail ? sdk::Status{} : begin_anew(turn);
}

/// Keys that the server names alone: those that are there make a scan of the refresh.
sdk::Status SyncStream::take_ids(std::vector<Uuid> ids, bool removed, Turn& turn) {
  if (!removed && !refreshing_) return wrong("named entries that are there when nobody had asked");
  if (passing_) return begin_anew(turn);
  if (!removed && !at_.scanning) enter_scan(turn);
  ids_.insert(ids_.begin(), ids.rbegin(), ids.rend());
  ids_removed_ = removed;
  return {};
}

void SyncStream::emit_id(Turn& turn) {
  table_.fill_key(text_of(ids_.back()));
  ids_.pop_back();
  note_walked();
  at_.trail = walked_;
  turn.budget.spend(table_.values());
  turn.more = ids_removed_ ? turn.sink.remove(table_.values()) : turn.sink.present(table_.values());
  if (ids_.empty() && !refreshing_) take_cookie(cookie_);
}

/// Within a refresh a cookie covers nothing before its end. The ids that wait come first: it counts when they have.
void SyncStream::take_cookie(const std::optional<std::string>& cookie) {
  if (!cookie) return;
  cookie_ = refreshing_ ? *cookie : merged_cookie(cookie_, *cookie);
  if (refreshing_ || !ids_.empty()) return;
  at_.mark = cookie_;
  at_.trail = walked_ = {};
}

void SyncStream::enter_scan(Turn& turn) {
  at_.scanning = true;
  if (turn.light) {
    turn.refused = scan_waits_ = true;
    return;
  }
  turn.out.flags |= MG_SCAN_BEGAN;
  // What the reads before this one have shown belongs to the scan too.
  ids_.insert(ids_.end(), met_.begin(), met_.end());
  ids_removed_ = false;
  met_.clear();
}

sdk::Status SyncStream::take_note(LDAPMessage* message, Turn& turn) {
  char* number = nullptr;
  berval* value = nullptr;
  const int parsed = ldap_parse_intermediate(link_->handle(), message, &number, &value, nullptr, 0);
  const Text name(number);
  const OwnedValue owned(value);
  if (parsed != LDAP_SUCCESS || number == nullptr || std::string_view(number) != LDAP_SYNC_INFO) return {};
  auto note = value == nullptr ? std::nullopt : decode_note(view(*value));
  if (!note) return wrong("sent a note that cannot be read");
  switch (note->kind) {
    case SyncNote::Kind::new_cookie: take_cookie(note->cookie); return {};
    case SyncNote::Kind::id_set:
      if (sdk::Status taken = take_ids(std::move(note->ids), note->removed, turn); !taken.ok()) return taken;
      take_cookie(note->cookie);
      return {};
    case SyncNote::Kind::refresh_present:
    case SyncNote::Kind::refresh_delete: break;
  }
  take_cookie(note->cookie);
  const bool present = note->kind == SyncNote::Kind::refresh_present;
  if (!note->refresh_done) {
    present_told_ = present_told_ || present;
    if (present && !at_.scanning) enter_scan(turn);
    return {};
  }
  return refreshing_ ? end_refresh(present, turn) : sdk::Status{};
}

/// Of a server that ends the search with the refresh, or of one that cannot go on.
sdk::Status SyncStream::take_result(LDAPMessage* message, Turn& turn) {
  request_ = -1;
  int code = 0;
  if (sdk::Status done = link_->result(message, choice_.base, code); !done.ok()) return done;
  LDAPControl** given = nullptr;
  ldap_parse_result(link_->handle(), message, nullptr, nullptr, nullptr, nullptr, &given, 0);
  const Controls controls(given);
  const LDAPControl* said = control(given, LDAP_CONTROL_SYNC_DONE);
  const auto end = said == nullptr ? std::nullopt : decode_done(view(said->ldctl_value));
  if (!refreshing_) return sdk::failure(MG_RECONNECT, "server " + link_->server() + " has ended the search; it is begun again");
  if (!end) return wrong("ended the search without saying what it has told");
  take_cookie(end->cookie);
  return end_refresh(!end->deletes_told, turn);
}

sdk::Status SyncStream::end_refresh(bool present_was_told, Turn& turn) {
  if (passing_) return begin_anew(turn);
  present_told_ = present_told_ || present_was_told;
  // A whole refresh shows everything however it ends. Any other is a scan only if the server says that what it did not name is gone.
  if (present_told_ && !at_.scanning) enter_scan(turn);
  if (turn.refused) return {};
  if (at_.scanning && !whole_ && !present_told_) return sdk::failure(MG_GONE, "server " + link_->server() + " named entries that are there, and then did not say that these are all");
  ending_ = true;
  return {};
}

void SyncStream::finish_refresh(Turn& turn) {
  if (at_.scanning) {
    turn.out.flags |= MG_SCANNING | MG_SCAN_ENDED | MG_SCANS_AGAIN;
    turn.out.as_of_us = began_us_;
  }
  // A server that does not persist has ended the search: it is asked again at the next interval.
  if (request_ < 0) turn.out.flags |= MG_IDLE;
  if (whole_) at_.scanned_s = began_us_ / kSecond;
  if (whole_) references_ = met_references_;
  at_.scanning = false;
  at_.trail = walked_ = {};
  at_.mark = cookie_;
  refreshing_ = ending_ = false;
  met_.clear();
  shown_.clear();
  turn.ended = true;
}

bool SyncStream::sweep_due() const { return now_us() / 1000 - at_.scanned_s * 1000 >= choice_.sweep.count(); }

/// Asks something small now and then. A connection that nothing has come from may be dead; that a question was answered says that what was committed
/// before the one before it has come too.
sdk::Status SyncStream::feel() {
  if (probe_ < 0) {
    if (now_us() - probe_us_ < kProbeEvery) return {};
    probe_us_ = now_us();
    return link_->search({.base = choice_.base, .scope = LDAP_SCOPE_BASE, .attributes = {LDAP_NO_ATTRS}}, {}, probe_);
  }
  Message answer;
  if (sdk::Status came = link_->next(probe_, Link::Clock::now(), Link::Answer::whenever, answer); !came.ok()) return came;
  if (answer == nullptr) {
    const bool silent = now_us() - probe_us_ > std::chrono::microseconds(site_.access.timeout).count();
    return silent ? sdk::failure(MG_RECONNECT, "server " + link_->server() + " does not answer any more; the connection is opened again") : sdk::Status{};
  }
  if (ldap_msgtype(answer.get()) != LDAP_RES_SEARCH_RESULT) return feel();
  probe_ = -1;
  known_us_ = alive_us_;
  alive_us_ = probe_us_;
  return {};
}

sdk::Status SyncStream::wrong(std::string_view what) const {
  return sdk::failure(MG_RETRY, "server " + link_->server() + " " + std::string(what) + "; it is tried again. If it stays so, use capture: poll");
}

}  // namespace meshgate::ldap
