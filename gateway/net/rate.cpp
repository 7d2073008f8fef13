#include "gateway/net/rate.hpp"

#include <algorithm>
#include <cstdint>

namespace meshgate::net {

namespace {

constexpr std::size_t kFew = 1024;

}  // namespace

Rate::Rate(std::size_t per_second, std::size_t burst)
    : interval_(per_second == 0 ? Clock::duration::zero() : Clock::duration(std::chrono::nanoseconds(std::chrono::seconds(1))) / static_cast<std::int64_t>(per_second)),
      tolerance_(interval_ * (std::max<std::int64_t>(static_cast<std::int64_t>(burst), 1) - 1)),
      forget_at_(kFew) {}

std::optional<Rate::Clock::duration> Rate::take(const std::string& who, Clock::time_point at) {
  if (interval_ == Clock::duration::zero()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (due_.size() >= forget_at_) forget(at);
  auto& due = due_.try_emplace(who, at).first->second;
  if (due - at > tolerance_) return due - at - tolerance_;
  due = std::max(due, at) + interval_;
  return std::nullopt;
}

/// Whose bucket is full again is as good as unknown. The next time comes when as many again have been added.
void Rate::forget(Clock::time_point at) {
  std::erase_if(due_, [at](const auto& one) { return one.second <= at; });
  forget_at_ = std::max(kFew, due_.size() * 2);
}

std::size_t Rate::remembered() const {
  const std::lock_guard lock(mutex_);
  return due_.size();
}

}  // namespace meshgate::net
