#include "connectors/odbc/worker.hpp"

#include <map>
#include <utility>

namespace meshgate::odbc {

std::shared_ptr<Hanging> hanging_at(const std::string& server) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Hanging>> servers;
  const std::lock_guard lock(mutex);
  std::erase_if(servers, [](const auto& one) { return one.second.expired(); });
  auto& known = servers[server];
  auto out = known.lock();
  if (out == nullptr) known = out = std::make_shared<Hanging>(0);
  return out;
}

void Signal::cancel() {
  const std::lock_guard lock(mutex);
  if (!cancelled) cancelled_at = Clock::now();
  cancelled = true;
  changed.notify_all();
}

Clock::time_point Signal::end_of(std::chrono::milliseconds wait) {
  const std::lock_guard lock(mutex);
  return (cancelled ? cancelled_at : Clock::now()) + wait;
}

bool Signal::wait_for_those_apart(Clock::time_point until) {
  std::unique_lock lock(mutex);
  return changed.wait_until(lock, until, [&] { return apart == 0; });
}

void run_apart(std::shared_ptr<Signal> signal, std::function<void()> job) {
  {
    const std::lock_guard lock(signal->mutex);
    signal->goes_apart();
  }
  std::thread([signal = std::move(signal), job = std::move(job)]() mutable {
    job();
    job = nullptr;
    const std::lock_guard lock(signal->mutex);
    signal->has_ended();
    signal->changed.notify_all();
  }).detach();
}

Worker::Worker(std::shared_ptr<Signal> signal) : state_(std::make_shared<State>()) {
  state_->signal = std::move(signal);
  thread_ = std::thread([state = state_] { loop(state); });
}

Worker::~Worker() {
  bool busy = false;
  {
    const std::lock_guard lock(state_->signal->mutex);
    state_->quit = true;
    busy = state_->busy;
    state_->apart = busy;
    if (busy) state_->signal->goes_apart();
    state_->signal->changed.notify_all();
  }
  if (busy) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void Worker::start(std::function<void()> job) {
  const std::lock_guard lock(state_->signal->mutex);
  state_->job = std::move(job);
  state_->idle_job = nullptr;
  state_->busy = true;
  state_->signal->changed.notify_all();
}

void Worker::when_idle(std::chrono::milliseconds after, std::function<void()> job) {
  const std::lock_guard lock(state_->signal->mutex);
  state_->idle_after = after;
  state_->idle_job = std::move(job);
  state_->signal->changed.notify_all();
}

bool Worker::busy() const {
  const std::lock_guard lock(state_->signal->mutex);
  return state_->busy;
}

bool Worker::wait(Clock::time_point until, const std::function<bool()>& served) const {
  std::unique_lock lock(state_->signal->mutex);
  const auto good = [&] { return !state_->busy || (served && served()); };
  state_->signal->changed.wait_until(lock, until, [&] { return good() || state_->signal->cancelled; });
  return good();
}

bool Worker::wait_on(Clock::time_point until) const {
  std::unique_lock lock(state_->signal->mutex);
  return state_->signal->changed.wait_until(lock, until, [&] { return !state_->busy; });
}

void Worker::loop(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->signal->mutex);
  const auto awake = [&] { return state->quit || state->job != nullptr; };
  while (true) {
    if (state->idle_job == nullptr) {
      state->signal->changed.wait(lock, [&] { return awake() || state->idle_job != nullptr; });
    } else if (!state->signal->changed.wait_for(lock, state->idle_after, awake) && state->idle_job != nullptr) {
      state->job = std::exchange(state->idle_job, nullptr);
      state->busy = true;
    }
    if (state->job == nullptr) {
      if (state->quit) return;
      continue;
    }
    auto job = std::exchange(state->job, nullptr);
    lock.unlock();
    job();
    job = nullptr;  // what the job owned goes before anybody is told
    lock.lock();
    state->busy = state->job != nullptr;  // the next one may have come while this was the idle one
    if (state->quit && state->apart) state->signal->has_ended();
    state->signal->changed.notify_all();
    if (state->quit) return;
  }
}

}  // namespace meshgate::odbc
