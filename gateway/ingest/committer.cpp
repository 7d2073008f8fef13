#include "gateway/ingest/committer.hpp"

#include <chrono>
#include <system_error>
#include <utility>

namespace meshgate::ingest {

namespace {

constexpr std::size_t kMostAhead = 2;
/// When nothing more has come for so long, what the feed keeps back is not kept waiting.
constexpr std::chrono::seconds kPause{1};

}  // namespace

Result<store::Outcome> Committer::hand_over(store::Batch& batch, store::Seen* seen) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.size() < kMostAhead; });
  store::Batch next(batch.stream());
  if (!spare_.empty()) {
    next = std::move(spare_.back());
    spare_.pop_back();
  }
  std::swap(batch, next);
  jobs_.push_back({std::move(next), seen});
  if (thread_.joinable() || start()) {
    changed_.notify_all();
    return so_far();
  }
  ending_ = true;
  lock.unlock();
  run();
  lock.lock();
  ending_ = false;
  return so_far();
}

/// False: there is no thread to be had, and the work must be done here.
bool Committer::start() {
  try {
    thread_ = std::thread([this] { run(); });
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

Result<store::Outcome> Committer::finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  ending_ = false;
  auto out = so_far();
  failed_.reset();
  return out;
}

Result<store::Outcome> Committer::so_far() {
  const store::Outcome sum = std::exchange(sum_, {});
  if (failed_) return *failed_;
  return sum;
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, kPause, [this] { return !jobs_.empty() || ending_; });
    if (jobs_.empty()) {
      const bool last = ending_;
      lock.unlock();
      const Status done = feed_.finish();
      lock.lock();
      if (!done && !failed_) failed_ = done.error();
      if (last) return;
      continue;
    }
    Job& job = jobs_.front();  // stays where it is: others are only put behind it
    if (!failed_) {
      lock.unlock();
      const auto outcome = feed_.gather(job.batch, job.seen);
      lock.lock();
      note(outcome);
    }
    job.batch.clear();
    spare_.push_back(std::move(job.batch));
    jobs_.pop_front();
    changed_.notify_all();
  }
}

void Committer::note(const Result<store::Outcome>& outcome) {
  if (!outcome) {
    failed_ = outcome.error();
    return;
  }
  sum_ += *outcome;
}

}  // namespace meshgate::ingest
