#include "gateway/ingest/retention.hpp"

#include <utility>

namespace meshgate::ingest {

namespace {

/// Each round that finds something costs readers one line.
constexpr std::chrono::seconds kEvery{5};

}  // namespace

Retention::~Retention() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Retention::add(const std::string& name, std::shared_ptr<store::Feed> feed, const store::Keep& keep) {
  const std::lock_guard lock(mutex_);
  feeds_.push_back({name, std::move(feed), keep, {}});
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void Retention::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    for (auto one = feeds_.begin(); one != feeds_.end(); ++one) {
      for (bool more = true; more && !stop_;) {
        lock.unlock();
        more = look_at(*one);
        lock.lock();
      }
    }
    wake_.wait_for(lock, kEvery, [this] { return stop_; });
  }
}

bool Retention::look_at(Kept& kept) {
  const auto expired = kept.feed->expire(kept.keep);
  const std::string trouble = expired ? std::string() : expired.error().message;
  if (std::exchange(kept.trouble, trouble) != trouble && !expired) {
    log_.warning("feed " + kept.name, "what is too old cannot expire, and is tried again: " + log_.redacted(trouble));
  }
  return expired && *expired > 0;
}

}  // namespace meshgate::ingest
