#include "gateway/federation/choice.hpp"

#include <algorithm>

namespace meshgate::federation {

namespace {

/// When nothing is new, how fresh a copy is comes with marks, every 15 s from node to node.
constexpr std::chrono::seconds kQuiet{45};
constexpr std::chrono::minutes kSettled{10};  ///< who is left sooner after it was taken again is waited for twice as long
constexpr std::chrono::hours kLongestStay{1};

}  // namespace

Behind behind(const Told& one, const Told& other) {
  Behind out;
  if (one.epoch == other.epoch && number(one.seq) < number(other.seq)) out.items = number(other.seq) - number(one.seq);
  const bool known = one.as_of.count != 0 && other.as_of.count != 0;
  if (known && one.as_of.count < other.as_of.count) out.age = std::chrono::microseconds(other.as_of.count - one.as_of.count);
  return out;
}

bool Choice::any_given() const { return std::ranges::any_of(peers_, &Own::given); }

bool Choice::lacks(Kind kind, const Told& told, const Told& what) {
  const auto missing = behind(told, what);
  return kind == kChanges ? missing.items > 0 : missing.age.count() > 0;
}

bool Choice::overdue(const Own& one, Time at) const {
  const auto late = [&](Kind kind, Duration patience) { return one.due[kind] && at - one.due[kind]->since >= patience; };
  return late(kChanges, limit_) || late(kFreshness, limit_ + kQuiet);
}

bool Choice::doubtful(std::size_t peer, Time at) const { return !peers_[peer].lags && overdue(peers_[peer], at); }

Behind Choice::behind_others(std::size_t peer) const {
  Behind out;
  if (!peers_[peer].told) return out;
  for (const Own& other : peers_) {
    if (!other.given || !other.told) continue;
    const auto missing = behind(*peers_[peer].told, *other.told);
    out.items = std::max(out.items, missing.items);
    out.age = std::max(out.age, missing.age);
  }
  return out;
}

/// Finds what a peer ought to have, where that is not known yet.
void Choice::compare(std::size_t peer, Time at) {
  Own& one = peers_[peer];
  for (const Kind kind : {kChanges, kFreshness}) {
    auto& due = one.due[kind];
    if (due && !lacks(kind, *one.told, due->what)) due.reset();
    for (std::size_t other = 0; other < peers_.size() && !due; ++other) {
      const Own& its = peers_[other];
      if (other != peer && its.given && its.told && lacks(kind, *one.told, *its.told)) due = Due{*its.told, other, at};
    }
  }
}

void Choice::leave(Own& one, Duration least, Time at) {
  one.well.reset();
  if (one.away) return;
  const bool soon = one.taken && at - *one.taken < std::max<Duration>(kSettled, 4 * one.stay);
  one.stay = soon ? std::min<Duration>(std::max(limit_, 2 * one.stay), kLongestStay) : least;
  one.away = true;
}

bool Choice::fit(Own& one, Time at) {
  if (!one.given || one.lags) return false;
  if (!one.away) return true;
  if (!one.well || at - *one.well < one.stay) return false;
  one.away = false;
  one.taken = at;
  return true;
}

/// Where all that give it lag or have not been well for long enough, the one that is followed goes on.
void Choice::choose(Time at) {
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const bool here = i == chosen_ && peers_[i].given && !peers_[i].lags;
    if (!fit(peers_[i], at) && !here) continue;
    chosen_ = i;
    return;
  }
  if (peers_[chosen_].given) return;
  const auto first = std::ranges::find(peers_, true, &Own::given);
  if (first != peers_.end()) chosen_ = static_cast<std::size_t>(first - peers_.begin());
}

void Choice::gives(std::size_t peer, Time at) {
  Own& one = peers_[peer];
  one.given = true;
  if (one.away && !one.well && !one.told) one.well = at;
  choose(at);
}

/// Whether it has what it was found to lack the last time; at first, what others have.
bool Choice::keeps_up(std::size_t peer, const Told& told) const {
  const auto has = [&](const Told& what) {
    const auto missing = behind(told, what);
    return missing.items == 0 && missing.age <= kQuiet;
  };
  const Own& one = peers_[peer];
  if (one.told) return std::ranges::all_of(one.due, [&](const auto& due) { return !due || has(due->what); });
  return std::ranges::all_of(peers_, [&](const Own& other) { return !other.given || !other.told || has(*other.told); });
}

void Choice::fails(std::size_t peer, Time at) {
  Own& one = peers_[peer];
  one.given = false;
  one.told.reset();
  one.due = {};
  one.lags = false;
  leave(one, Duration(0), at);
  // What it had cannot be had from it any more.
  for (Own& other : peers_) {
    for (auto& due : other.due) {
      if (due && due->whose == peer) due.reset();
    }
  }
  choose(at);
}

/// Somebody has said something else than before.
void Choice::compare_all(std::size_t peer, Time at) {
  for (std::size_t other = 0; other < peers_.size(); ++other) {
    Own& its = peers_[other];
    // It takes back what it said.
    for (auto& due : its.due) {
      if (due && due->whose == peer && behind(*peers_[peer].told, due->what).any()) due.reset();
    }
    if (its.told) compare(other, at);
  }
}

void Choice::tells(std::size_t peer, const Told& told, Time at) {
  Own& one = peers_[peer];
  const bool up = keeps_up(peer, told);
  one.told = told;
  compare_all(peer, at);
  one.lags = overdue(one, at);
  if (one.lags) leave(one, limit_, at);
  else if (one.away && up && !one.well) one.well = at;
  choose(at);
}

void Choice::gave(std::size_t peer, const Told& told, bool all, Time at) {
  Own& one = peers_[peer];
  const bool another = !one.told || one.told->epoch != told.epoch;
  if (another && !all) return;
  if (another) one.told = told;
  one.told->seq = std::max(one.told->seq, told.seq);
  one.told->as_of.count = std::max(one.told->as_of.count, told.as_of.count);
  compare_all(peer, at);
  one.lags = one.lags && overdue(one, at);
}

}  // namespace meshgate::federation
