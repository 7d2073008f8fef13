#include "gateway/federation/page_queue.hpp"

namespace meshgate::federation {

namespace {

/// Beyond this nothing is received until a page is written; one page may go over.
constexpr std::size_t kMostWaiting = std::size_t{6} << 20U;
constexpr std::size_t kLargePage = std::size_t{1} << 20U;  ///< does not grow

}  // namespace

PageQueue::PageQueue(Write write) : write_(std::move(write)), thread_([this] { run(); }) {}

PageQueue::~PageQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool PageQueue::put(Page page) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return bytes_ < kMostWaiting || !wanted_; });
  if (!wanted_) return false;
  bytes_ += page.lines.size();
  Page*& last = last_[page.part];
  if (last != nullptr && last->lines.size() < kLargePage) {
    last->lines.append(page.lines);
    last->mark = page.mark;
  } else {
    last = &waiting_.emplace_back(std::move(page));
  }
  changed_.notify_all();
  return true;
}

bool PageQueue::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (waiting_.empty() && !writing_) || !wanted_; });
  changed_.wait(lock, [this] { return !writing_; });
  return wanted_;
}

void PageQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !waiting_.empty() || ending_; });
    if (ending_ || !wanted_) return;
    if (const auto last = last_.find(waiting_.front().part); last->second == &waiting_.front()) last_.erase(last);
    const Page page = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= page.lines.size();
    writing_ = true;
    lock.unlock();
    changed_.notify_all();
    const bool more = write_(page);
    lock.lock();
    writing_ = false;
    wanted_ = more;
    changed_.notify_all();
  }
}

}  // namespace meshgate::federation
