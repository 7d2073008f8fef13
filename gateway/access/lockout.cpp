#include "gateway/access/lockout.hpp"

#include <algorithm>
#include <vector>

#include "mesh/sha256.hpp"

namespace meshgate::access {

namespace {

/// Of equal size whatever was typed, and nothing that was typed is kept: somebody may type a password where the name belongs.
std::string key_of(std::string_view name, std::string_view address) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  text.append(1, '\0').append(address);
  return sha256(text).substr(0, 16);
}

std::chrono::seconds wait_after(unsigned failed) {
  if (failed < Lockout::kFree) return std::chrono::seconds(0);
  const unsigned doublings = std::min(failed - Lockout::kFree, 16U);
  return std::min<std::chrono::seconds>(Lockout::kFirstWait * (1U << doublings), Lockout::kLongestWait);
}

}  // namespace

std::optional<std::chrono::seconds> Lockout::attempt(std::string_view name, std::string_view address, Clock::time_point at) {
  const std::string key = key_of(name, address);
  const std::lock_guard lock(mutex_);
  if (attempts_.size() >= most_ && !attempts_.contains(key)) make_room(at);
  Attempts& own = attempts_[key];
  if (own.failed > 0 && at - own.last > kForgotten) own = {};
  if (at < own.free) return std::chrono::ceil<std::chrono::seconds>(own.free - at);
  ++own.failed;
  own.last = at;
  own.free = at + wait_after(own.failed);
  return std::nullopt;
}

void Lockout::succeeded(std::string_view name, std::string_view address) {
  const std::string key = key_of(name, address);
  const std::lock_guard lock(mutex_);
  attempts_.erase(key);
}

std::size_t Lockout::remembered() const {
  const std::lock_guard lock(mutex_);
  return attempts_.size();
}

/// Of what is not forgotten by itself the quietest tenth goes, so that this is done seldom.
void Lockout::make_room(Clock::time_point at) {
  std::erase_if(attempts_, [&](const auto& one) { return at - one.second.last > kForgotten; });
  if (attempts_.size() < most_) return;
  std::vector<Clock::time_point> times;
  times.reserve(attempts_.size());
  for (const auto& [key, one] : attempts_) times.push_back(one.last);
  const auto tenth = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 10);
  std::nth_element(times.begin(), tenth, times.end());
  std::erase_if(attempts_, [&](const auto& one) { return one.second.last <= *tenth; });
}

}  // namespace meshgate::access
