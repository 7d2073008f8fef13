#include "gateway/serve/live_steps.hpp"

namespace meshgate::serve {

std::shared_ptr<Steps> LiveSteps::of(const Place& place, const std::optional<Standing>& standing) {
  const std::lock_guard lock(mutex_);
  auto& known = followed_[place.partition];
  if (auto there = known.lock()) return there;
  auto made = std::make_shared<Steps>(place, standing);
  known = made;
  return made;
}

void LiveSteps::committed() {
  if (asked_.exchange(true)) return;
  if (pool_.submit([self = shared_from_this()] { self->advance(); })) return;
  asked_ = false;
  give_up();
}

void LiveSteps::give_up() {
  for (auto& one : all()) {
    one->give_up();
    const std::lock_guard lock(mutex_);
    given_up_.insert(std::move(one));
  }
  every_->ring();
}

void LiveSteps::advance() {
  asked_ = false;
  std::set<std::shared_ptr<Steps>> given_up;
  {
    const std::lock_guard lock(mutex_);
    given_up.swap(given_up_);
  }
  for (const auto& one : all()) one->advance();
  if (const auto roster = roster_now()) roster->store(feed_->state().partitions.size());
  every_->ring();
}

std::shared_ptr<const std::atomic<std::size_t>> LiveSteps::roster() {
  auto made = std::make_shared<std::atomic<std::size_t>>(feed_->state().partitions.size());
  const std::lock_guard lock(mutex_);
  if (auto there = roster_.lock()) return there;
  roster_ = made;
  return made;
}

std::shared_ptr<std::atomic<std::size_t>> LiveSteps::roster_now() {
  const std::lock_guard lock(mutex_);
  return roster_.lock();
}

void LiveSteps::ring_all() {
  for (const auto& one : all()) one->bell.ring();
  every_->ring();
}

std::vector<std::shared_ptr<Steps>> LiveSteps::all() {
  std::vector<std::shared_ptr<Steps>> out;
  const std::lock_guard lock(mutex_);
  for (auto one = followed_.begin(); one != followed_.end();) {
    if (auto there = one->second.lock()) {
      out.push_back(std::move(there));
      ++one;
    } else {
      one = followed_.erase(one);
    }
  }
  return out;
}

}  // namespace meshgate::serve
