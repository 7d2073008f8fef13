#include "connectors/ldap/polled_stream.hpp"

#include <utility>

#include "connectors/ldap/shut_out.hpp"
#include "connectors/ldap/times.hpp"

namespace meshgate::ldap {

namespace {

constexpr std::int64_t kSecond = 1000000;

std::int64_t seconds(std::chrono::milliseconds time) { return (time.count() + 999) / 1000; }

}  // namespace

sdk::Status PolledStream::read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  const bool light = (limits.flags & MG_LIGHT) != 0;
  const auto at = Position::parse(position);
  if (!position.empty() && (!at || at->capture != capture_)) return sdk::failure(MG_GONE, "the Position is not one of this stream; it is read from its beginning");
  if (light && (!at || at->scanning || capture_ == Capture::scan)) {
    stop();
    out.flags = MG_IDLE | MG_SCAN_WAITS;
    out.position = position;
    return {};
  }
  if (light && task_ == Task::sweep) stop();
  sdk::Status done = place(position, light, out);
  if (done.ok()) done = run(limits, sink, out);
  // A way over what was shown that is longer than one read is gone on with in the next, or it would never end.
  if (!done.ok() || ((limits.flags & MG_LET_GO) != 0 && !passing_)) stop();
  if (task_ == Task::scan || task_ == Task::sweep) out.flags |= MG_OPEN;
  given_ = out.position;
  out.note = note(capture_ == Capture::scan ? "everything is read each time" : "asks for what was changed of late, and compares the keys now and then");
  return done;
}

void PolledStream::stop() {
  search_.reset();
  task_ = Task::none;
  given_.clear();
  polled_ = passing_ = false;
}

/// Sees to it that the search that goes on from the Position is under way.
sdk::Status PolledStream::place(std::string_view position, bool light, sdk::Progress& out) {
  if (position.empty() || position != given_) stop();
  if (task_ != Task::none) return {};
  if (sdk::Status ready = ensure(link_); !ready.ok()) return ready;
  if (position.empty() || capture_ == Capture::scan) {
    const auto at = Position::parse(position);
    if (!at || !at->scanning) return begin_scan(out);
  }
  at_ = *Position::parse(position);
  if (at_.scanning) {
    walked_ = {};
    passing_ = at_.trail.count > 0;
    return begin(Task::scan, query());
  }
  return polled_ && sweep_due() && !light ? begin_sweep(out) : begin_poll();
}

sdk::Status PolledStream::begin(Task task, Query query) {
  search_.reset();
  began_us_ = now_us();
  if (sdk::Status begun = PagedSearch::begin(*link_, std::move(query), paged_ ? choice_.page : 0, search_); !begun.ok()) return begun;
  task_ = task;
  return {};
}

sdk::Status PolledStream::begin_scan(sdk::Progress& out) {
  const std::int64_t now_s = now_us() / kSecond;
  at_ = {.capture = capture_, .scanning = true, .trail = {}, .scanned_s = now_s, .mark = generalized_time(now_s - seconds(choice_.overlap))};
  walked_ = {};
  passing_ = false;
  out.flags |= MG_SCAN_BEGAN;
  return begin(Task::scan, query());
}

sdk::Status PolledStream::begin_poll() {
  Query changed = query();
  // Whom a date has shut out since then: nothing has changed in the entry.
  const std::int64_t since_us = micros_of(at_.mark).value_or(0);
  const std::string dates = shut_out_between(since_us / kSecond, now_us() / kSecond, [&](std::string_view name) { return table_.asks_for(name); });
  changed.filter = "(&" + choice_.filter + "(|(modifyTimestamp>=" + at_.mark + ")" + dates + "))";
  return begin(Task::poll, std::move(changed));
}

sdk::Status PolledStream::begin_sweep(sdk::Progress& out) {
  Query keys = query();
  keys.attributes = {table_.key_name()};
  out.flags |= MG_SCAN_BEGAN;
  return begin(Task::sweep, std::move(keys));
}

bool PolledStream::sweep_due() const { return now_us() / 1000 - at_.scanned_s * 1000 >= choice_.sweep.count(); }

sdk::Status PolledStream::run(const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) {
  sdk::Budget budget(limits);
  if (!sink.columns(table_.columns())) return sdk::failure(MG_CANCELLED, "cancelled");
  if (task_ != Task::poll) out.flags |= MG_SCANNING;
  bool more = true;
  while (more && budget.left()) {
    Message entry;
    if (sdk::Status came = search_->next(budget.end(), entry); !came.ok()) return came;
    if (entry == nullptr && search_->ended() && passing_) {
      if (sdk::Status again = begin_scan(out); !again.ok()) return again;
      continue;
    }
    if (entry == nullptr) break;
    if (sdk::Status done = step(entry.get(), sink, budget, out, more); !done.ok()) return done;
  }
  note_references(search_->references(), *link_);
  if (more && search_->ended()) return end_task((limits.flags & MG_LIGHT) != 0, out);
  out.position = at_.text();
  return {};
}

sdk::Status PolledStream::step(LDAPMessage* entry, sdk::Sink& sink, sdk::Budget& budget, sdk::Progress& out, bool& more) {
  if (sdk::Status taken = take(*link_, entry); !taken.ok()) return taken;
  if (task_ == Task::scan) {
    ++walked_.count;
    table_.note(walked_);
  }
  if (passing_) {
    if (walked_.count < at_.trail.count) return {};
    if (walked_ != at_.trail) return begin_scan(out);
    passing_ = false;
    return {};
  }
  budget.spend(table_.values());
  if (task_ == Task::scan) at_.trail = walked_;
  const std::string key(table_.key());
  if (task_ == Task::sweep && !key.empty()) {
    table_.fill_key(key);
    more = sink.present(table_.values());
  } else {
    more = emit(sink);
  }
  return {};
}

sdk::Status PolledStream::end_task(bool light, sdk::Progress& out) {
  const Task done = std::exchange(task_, Task::none);
  search_.reset();
  out.as_of_us = began_us_;
  if (done == Task::poll) {
    at_.mark = generalized_time(began_us_ / kSecond - seconds(choice_.overlap));
    const bool due = sweep_due();
    polled_ = due && !light;
    if (!polled_) out.flags |= MG_IDLE;
    if (due && light) out.flags |= MG_SCAN_WAITS;
  } else {
    out.flags |= MG_SCAN_ENDED | MG_SCANS_AGAIN | MG_IDLE;
    if (done == Task::sweep) at_.scanned_s = began_us_ / kSecond;
    at_.scanning = false;
    at_.trail = {};
    polled_ = false;
  }
  out.position = at_.text();
  return {};
}

}  // namespace meshgate::ldap
