#include "gateway/federation/link.hpp"

#include <utility>

namespace meshgate::federation {

Link::Link() { state_.since = now(); }

void Link::enter(LinkState::State state) {
  if (state_.state != state) state_.since = now();
  state_.state = state;
}

void Link::dials() {
  const std::lock_guard lock(mutex_);
  ++state_.connections;
}

void Link::answered() {
  const std::lock_guard lock(mutex_);
  enter(LinkState::State::connected);
  state_.last = now();
  state_.error.clear();
}

void Link::answered(std::string protocol) {
  answered();
  const std::lock_guard lock(mutex_);
  state_.protocol = std::move(protocol);
}

void Link::fails(std::string why) {
  const std::lock_guard lock(mutex_);
  enter(LinkState::State::failing);
  state_.error = std::move(why);
}

LinkState Link::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace meshgate::federation
