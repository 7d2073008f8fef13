#include "gateway/base/blocking.hpp"

#include <cstdio>
#include <cstdlib>

namespace meshgate::base {

namespace {

thread_local int may_not_block = 0;

}  // namespace

NoBlocking::NoBlocking() { ++may_not_block; }
NoBlocking::~NoBlocking() { --may_not_block; }

void assert_may_block(const char* what) {
  if (may_not_block == 0) return;
  std::fprintf(stderr, "meshgate: %s was called on an event loop, which must never block\n", what);
  std::abort();
}

BlockingPool::BlockingPool(std::size_t threads, std::size_t most_waiting) : most_waiting_(most_waiting) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

BlockingPool::~BlockingPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool BlockingPool::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || waiting_.size() >= most_waiting_) return false;
    waiting_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void BlockingPool::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) return;
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
  }
}

}  // namespace meshgate::base
