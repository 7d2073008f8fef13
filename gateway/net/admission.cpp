#include "gateway/net/admission.hpp"

namespace meshgate::net {

Admission::Verdict Admission::enter(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (count_ >= most_) return Verdict::full;
  if (!address.empty()) {
    auto& own = by_address_[address];
    if (own >= most_per_address_) return Verdict::address_full;
    ++own;
  }
  ++count_;
  return Verdict::admitted;
}

void Admission::leave(const std::string& address) {
  const std::lock_guard lock(mutex_);
  --count_;
  const auto own = by_address_.find(address);
  if (own != by_address_.end() && --own->second == 0) by_address_.erase(own);
}

std::size_t Admission::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

void Presence::enter() {
  const std::lock_guard lock(mutex_);
  ++count_;
}

void Presence::leave() {
  const std::lock_guard lock(mutex_);
  if (--count_ == 0) left_.notify_all();
}

void Presence::wait_empty() {
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return count_ == 0; });
}

}  // namespace meshgate::net
