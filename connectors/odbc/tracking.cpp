#include "connectors/odbc/tracking.hpp"

#include <algorithm>
#include <limits>

namespace meshgate::odbc {

namespace {

/// a - b, which stays at the lowest value.
std::int64_t below(std::int64_t a, std::int64_t b) { return a < kLowest + b ? kLowest : a - b; }

std::int64_t in_zone(std::int64_t moment, const TrackRule& rule) { return moment == kLowest ? kLowest : moment + rule.zone; }

std::int64_t floor_of(const Horizon& horizon, const TrackRule& rule) {
  if (rule.kind == TrackKind::number) return horizon.floor;
  return below(in_zone(horizon.floor, rule), kGrain);
}

/// Every transaction that is open or still to come began at this moment or later; nothing: that is not known.
std::optional<std::int64_t> all_began(const Horizon& horizon) {
  if (horizon.undated || !horizon.read_at) return std::nullopt;
  return horizon.oldest ? std::min(*horizon.read_at, *horizon.oldest) : *horizon.read_at;
}

/// The greatest value that no transaction lies below that began at this moment or later; nothing: that is not known.
std::optional<std::int64_t> floor_since(const std::vector<Landmark>& landmarks, std::int64_t began, const TrackRule& rule) {
  if (rule.order == CommitOrder::by_start) return below(in_zone(began, rule), kGrain);
  std::optional<std::int64_t> out;
  for (const Landmark& one : landmarks) {
    if (one.clock + kGrain <= began) out = one.floor;
  }
  return out;
}

/// The greatest value that nothing still to be committed lies below; nothing: no more is known than before.
std::optional<std::int64_t> bound(const std::vector<Landmark>& landmarks, const Horizon& horizon, const TrackRule& rule) {
  if (horizon.blind != Blind::no || rule.order == CommitOrder::same) return floor_of(horizon, rule);
  const auto began = all_began(horizon);
  return began ? floor_since(landmarks, *began, rule) : std::nullopt;
}

/// Every transaction that can have brought something since `before` was seen began at this moment or later; nothing: that is not known.
std::optional<std::int64_t> brought_since(const Horizon& before, const Horizon& now) {
  if (before.undated || !before.read_at) return std::nullopt;
  std::int64_t out = *before.read_at;
  if (!now.read_at) return out;
  if (!before.open || !now.open) return std::nullopt;
  for (const OpenTransaction& one : *before.open) {
    const bool still_open = !one.name.empty() && std::ranges::find(*now.open, one) != now.open->end();
    if (!still_open) out = std::min(out, one.began);
  }
  return out;
}

/// Numbers can fall back: the table was emptied, or its last rows were deleted and their numbers are given out again.
void fall_back(Tracked& at, std::int64_t floor) {
  at.low = std::min(at.low, floor);
  at.frontier = std::min(at.frontier, floor);
  for (Landmark& one : at.landmarks) one.floor = std::min(one.floor, floor);
}

/// Landmarks before the one that counts are behind every open transaction.
void forget(std::vector<Landmark>& landmarks, const Horizon& horizon) {
  const auto began = all_began(horizon);
  while (began && landmarks.size() > 1 && landmarks[1].clock + kGrain <= *began) landmarks.erase(landmarks.begin());
}

/// A clock that went back: what was written since may lie anywhere behind, so the next poll reads all there is.
void turn_back(Tracked& at, std::int64_t clock) {
  std::erase_if(at.landmarks, [&](const Landmark& one) { return one.clock > clock; });
  at.low = at.frontier = kLowest;
  at.doubt = std::min(at.doubt, clock);
  at.swept = std::min(at.swept, clock);
  at.verified = std::min(at.verified, clock);
}

}  // namespace

void thin(std::vector<Landmark>& landmarks) {
  while (landmarks.size() > kLandmarks) {
    // The one whose going widens its gap least, beside how long ago that was; never the first, never the last.
    std::size_t least = 1;
    double least_loss = std::numeric_limits<double>::max();
    for (std::size_t i = 1; i + 1 < landmarks.size(); ++i) {
      const auto gap = static_cast<double>(landmarks[i + 1].clock - landmarks[i - 1].clock);
      const auto age = static_cast<double>(landmarks.back().clock - landmarks[i].clock + kGrain);
      if (gap / age < least_loss) least = i, least_loss = gap / age;
    }
    landmarks.erase(landmarks.begin() + static_cast<std::ptrdiff_t>(least));
  }
}

Tracked begin_tracking(const Horizon& horizon, const TrackRule& rule) {
  Tracked out;
  const std::int64_t floor = floor_of(horizon, rule);
  out.clock = out.swept = out.verified = horizon.clock;
  if (rule.order == CommitOrder::by_floor) out.landmarks = {{horizon.clock, floor}};
  const auto found = bound({}, horizon, rule);
  out.low = below(found.value_or(floor), rule.overlap.value_or(0));
  const bool none_open = !horizon.oldest && !horizon.undated && horizon.read_at && *horizon.read_at + kGrain >= horizon.clock;
  if (!found && !none_open) out.doubt = horizon.clock;
  return out;
}

Tracked begin_poll(Tracked at, const Horizon& horizon, const std::optional<Horizon>& before, const TrackRule& rule) {
  if (horizon.clock + kGrain < at.clock) turn_back(at, horizon.clock);
  at.clock = horizon.clock;
  const bool looked = horizon.read_at || horizon.blind != Blind::no;
  if (looked && rule.kind == TrackKind::number) fall_back(at, horizon.floor);
  const auto began = all_began(horizon);
  if (at.doubt > 0 && began && *began > at.doubt + kGrain) {
    at.doubt = rule.compares ? kOver : 0;
    owe_compare(at, rule);
  }
  const auto found = looked ? bound(at.landmarks, horizon, rule) : std::nullopt;
  Poll poll{.next_low = found ? below(*found, rule.overlap.value_or(0)) : at.low, .greatest = at.frontier, .at = {}};
  at.low = std::min(at.low, poll.next_low);
  const bool exact = before && rule.order != CommitOrder::same && !rule.overlap && at.low != kLowest;
  const auto since = exact ? brought_since(*before, horizon) : std::nullopt;
  const auto from = since ? floor_since(at.landmarks, *since, rule) : std::nullopt;
  poll.from = std::max(at.low, from.value_or(kLowest));
  poll.as_of = looked || poll.from == at.low ? horizon.until : 0;
  if (looked && rule.order == CommitOrder::by_floor) {
    forget(at.landmarks, horizon);
    at.landmarks.push_back({horizon.clock, floor_of(horizon, rule)});
    thin(at.landmarks);
  }
  at.poll = std::move(poll);
  return at;
}

Tracked end_poll(Tracked at) {
  if (!at.poll) return at;
  at.low = at.poll->next_low;
  at.frontier = at.poll->greatest;
  at.poll.reset();
  return at;
}

void begin_compare(Tracked& at) {
  at.swept = at.verified = at.clock;
  if (at.doubt == kOver) at.doubt = kChecking;
}

void end_compare(Tracked& at) {
  if (at.doubt == kChecking) at.doubt = 0;
}

void owe_compare(Tracked& at, const TrackRule& rule) {
  if (rule.compares) {
    at.verified = 0;
  } else {
    at.low = kLowest;
    if (at.poll) at.poll->from = kLowest;
  }
}

}  // namespace meshgate::odbc
