#include "gateway/access/age.hpp"

#include <time.h>

#include <algorithm>

namespace meshgate::access {

using std::chrono::microseconds;

namespace {

/// Of a wall clock that may have gone either way.
microseconds between(Micros from, Micros to) { return std::max(microseconds(0), microseconds(to.count - from.count)); }

}  // namespace

Uptime::time_point Uptime::now() noexcept {
  timespec at{};
  ::clock_gettime(CLOCK_BOOTTIME, &at);
  return time_point(std::chrono::seconds(at.tv_sec) + std::chrono::duration_cast<duration>(std::chrono::nanoseconds(at.tv_nsec)));
}

Moment moment() { return {Uptime::now(), now()}; }

Age Age::heard(Micros as_of, const Moment& at) { return {between(as_of, at.wall), at.up}; }

Age Age::kept(const Kept& kept, const Moment& at) { return {kept.age + between(kept.wall, at.wall), at.up}; }

microseconds Age::at(const Moment& at) const { return base_ + std::max(microseconds(0), at.up - since_); }

}  // namespace meshgate::access
