#include "connectors/odbc/link.hpp"

#include <algorithm>

namespace meshgate::odbc {

namespace {

/// How long an interrupted call, and then a goodbye, may take before they are left behind; a cancelled read must return within two seconds.
constexpr std::chrono::milliseconds kGrace{700};
/// How long a call that nobody wants any more may still take before it is interrupted: most are just about to end.
constexpr std::chrono::milliseconds kPatience{100};
/// A server in which so many calls hang is left alone until one of them has ended: each more would only be another thread and socket.
constexpr int kMostHanging = 8;

}  // namespace

void Link::start(Job job) {
  start([job = std::move(job)](Session& session, const Beat&) { return job(session); });
}

void Link::start(LongJob job) {
  outcome_ = std::make_shared<Outcome>();
  outcome_->deadline = Clock::now() + target_->timeout;
  if (session_ == nullptr && *signal_->hanging >= kMostHanging) {
    outcome_->diagnosis = {kHangs, 0, std::to_string(*signal_->hanging) + " of them do"};
    return;
  }
  if (!worker_) worker_.emplace(signal_);
  if (session_ == nullptr) session_ = std::make_shared<Session>(target_);
  worker_->start([session = session_, outcome = outcome_, signal = signal_, timeout = target_->timeout, job = std::move(job)] {
    const Beat beat = [&] {
      outcome->deadline = Clock::now() + timeout;
      const std::lock_guard lock(signal->mutex);
      signal->changed.notify_all();
    };
    outcome->diagnosis = session->connect();
    if (outcome->diagnosis.ok()) outcome->diagnosis = job(*session, beat);
  });
}

Link::Wait Link::wait(Clock::time_point until, const std::function<bool()>& served) {
  if (!worker_) return Wait::done;
  while (true) {
    const Clock::time_point deadline = outcome_ != nullptr ? outcome_->deadline.load() : Clock::time_point::max();
    if (worker_->wait(std::min(until, deadline), served)) return Wait::done;
    {
      const std::lock_guard lock(signal_->mutex);
      if (signal_->cancelled) break;
    }
    const Clock::time_point now = Clock::now();
    if (outcome_ != nullptr && now >= outcome_->deadline.load()) break;
    if (now >= until) return Wait::not_yet;
  }
  give_up();
  return Wait::broken;
}

Diagnosis Link::take() {
  if (outcome_ == nullptr) return {};
  Diagnosis out = std::move(outcome_->diagnosis);
  outcome_.reset();
  // Whatever failed: a new session is surely usable, the old one perhaps.
  if (!out.ok()) drop();
  return out;
}

Diagnosis Link::call(Job job) {
  start(std::move(job));
  wait(Clock::time_point::max());
  return take();
}

void Link::when_idle(std::chrono::milliseconds after, std::function<void()> job) {
  if (worker_) worker_->when_idle(after, std::move(job));
}

void Link::drop() {
  if (worker_ && !worker_->wait_on(signal_->end_of(kPatience))) give_up();
  outcome_.reset();
  if (session_ != nullptr) release(std::move(session_));
}

void Link::release(std::shared_ptr<void> used) {
  if (worker_ && !worker_->wait_on(signal_->end_of(kPatience))) give_up();
  if (!worker_) worker_.emplace(signal_);
  worker_->start([used = std::move(used)]() mutable { used.reset(); });
  if (!worker_->wait_on(signal_->end_of(kGrace))) worker_.reset();
}

void Link::give_up() {
  const bool logged_in = session_ != nullptr && session_->logged_in();
  if (logged_in) run_apart(signal_, [session = session_] { session->interrupt(); });
  const bool ended = worker_->wait_on(signal_->end_of(kGrace));
  if (!ended) worker_.reset();
  session_.reset();
  outcome_ = std::make_shared<Outcome>();
  // A server that lets itself be interrupted lives: the statement was too long for it.
  outcome_->diagnosis = !logged_in ? Diagnosis{"08001", 0, "the login was not answered in time"}
                        : ended    ? Diagnosis{"HYT00", 0, "the statement was ended"}
                                   : Diagnosis{"08S01", 0, "it gave no answer in time"};
}

}  // namespace meshgate::odbc
