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
  ring_all();
}

void LiveSteps::advance() {
  asked_ = false;
  for (const auto& one : all()) one->advance();
  every_->ring();
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
