#include "gateway/app/housekeeping.hpp"

namespace meshgate::app {

namespace {

constexpr auto kEvery = std::chrono::minutes(1);
constexpr int kPurgeEvery = 60;  ///< rounds

}  // namespace

Housekeeping::Housekeeping(store::Store& store, std::chrono::milliseconds keep, std::function<void()> tidy, base::Log& log)
    : store_(store), keep_(keep), tidy_(std::move(tidy)), log_(log) {
  thread_ = std::thread([this] { run(); });
}

Housekeeping::~Housekeeping() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Housekeeping::run() {
  std::unique_lock lock(mutex_);
  for (int round = 0; !stop_; ++round) {
    lock.unlock();
    if (round % kPurgeEvery == 0) purge();
    tidy_();
    lock.lock();
    wake_.wait_for(lock, kEvery, [this] { return stop_; });
  }
}

void Housekeeping::purge() {
  for (const auto& name : store_.names()) {
    auto feed = store_.feed(name);
    if (!feed) continue;
    const auto done = (*feed)->purge_older(Micros{std::chrono::duration_cast<std::chrono::microseconds>(keep_).count()});
    if (!done) log_.warning("feed " + name, "old deletes could not be purged: " + done.error().message);
  }
}

}  // namespace meshgate::app
