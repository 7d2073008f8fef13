#include "gateway/access/knowledge.hpp"

#include <algorithm>

namespace meshgate::access {

using std::chrono::microseconds;

/// Whether it is said by who came back from an old copy and hears nothing new. Where the clock of an origin was put back, its next word is younger than this one.
bool Knowledge::stands_still(Heard& own, const Statement& statement) {
  const Micros at = statement.rules_as_of;
  if (at.count == 0 || at >= own.rules_as_of) return false;
  const bool moves = own.refused.count != 0 && own.refused < at;
  own.refused = at;
  return !moves;
}

/// Gives whether anything changed.
Result<bool> Knowledge::replace(Heard& own, Statement statement) {
  const bool known = !own.silent && own.version == statement.version;
  if (!statement.charter && !known) return Error{Code::conflict, "the peer says that its rules have not changed, and gave none before"};
  if (!known && stands_still(own, statement)) {
    return Error{Code::retry, "the peer's rules are of " + utc_text(statement.rules_as_of) + ", and it has given those of " + utc_text(own.rules_as_of) +
                                  " before; they are taken when it has heard younger ones"};
  }
  const bool changed = own.silent || !own.age || (statement.charter && own.charter != *statement.charter);
  if (!known) own.rules_as_of = statement.rules_as_of;
  own.rules_as_of = std::max(own.rules_as_of, statement.rules_as_of);
  if (statement.charter) {
    own.charter = std::move(*statement.charter);
    own.version = std::move(statement.version);
  }
  own.silent = false;
  own.as_of = statement.as_of;
  own.refused = Micros{0};
  own.age = Age::heard(statement.as_of, moment());
  return changed;
}

Result<bool> Knowledge::take(const std::string& peer, Statement statement) {
  Result<bool> changed = false;
  {
    const std::lock_guard lock(mutex_);
    Heard& own = peers_[peer];
    // What it does not give any more is held here all the same, on the terms it had.
    if (statement.charter) statement.charter->feeds.merge(Charter(own.charter).feeds);
    changed = replace(own, std::move(statement));
  }
  return changed ? write_if(*changed) : changed;
}

Result<bool> Knowledge::take_silence(const std::string& peer) {
  {
    const std::lock_guard lock(mutex_);
    const auto [own, fresh] = peers_.try_emplace(peer);
    if (!fresh) return false;
    own->second.silent = true;
  }
  return write_if(true);
}

std::string Knowledge::version(std::string_view peer) const {
  const std::lock_guard lock(mutex_);
  const auto own = peers_.find(peer);
  return own == peers_.end() ? std::string() : own->second.version;
}

void Knowledge::heard(std::string_view feed, Micros as_of) {
  if (as_of.count == 0) return;
  const std::lock_guard lock(mutex_);
  const auto known = feeds_.find(feed);
  if (known != feeds_.end() && known->second.as_of == as_of) return;
  feeds_.insert_or_assign(std::string(feed), Told{as_of, Age::heard(as_of, moment())});
}

/// Of the peers that say on what terms a feed is given, the one that said it last.
const Knowledge::Heard* Knowledge::youngest(const Reliance::Feed& feed, const Moment& at) const {
  const Heard* out = nullptr;
  for (const auto& peer : feed.peers) {
    const auto own = peers_.find(peer);
    if (own == peers_.end() || !own->second.age || !own->second.charter.feeds.contains(feed.name)) continue;
    if (out == nullptr || own->second.age->at(at) < out->age->at(at)) out = &own->second;
  }
  return out;
}

Said Knowledge::said() const {
  const std::lock_guard lock(mutex_);
  const Moment at = moment();
  const auto silent = [&](const std::string& peer) {
    const auto own = peers_.find(peer);
    return own != peers_.end() && own->second.silent;
  };
  Said out;
  for (const auto& feed : reliance_.feeds) {
    if (std::ranges::all_of(feed.peers, silent)) continue;
    const Heard* by = youngest(feed, at);
    out.emplace(feed.name, by == nullptr ? std::nullopt : std::optional(by->charter.feeds.find(feed.name)->second));
  }
  return out;
}

std::optional<Issuer> Knowledge::issuer() const {
  const std::lock_guard lock(mutex_);
  const auto own = peers_.find(reliance_.issuer);
  return own == peers_.end() ? std::nullopt : own->second.charter.issuer;
}

Micros Knowledge::issuer_time() const {
  const std::lock_guard lock(mutex_);
  const auto own = peers_.find(reliance_.issuer);
  if (own == peers_.end() || !own->second.age) return {};
  return {own->second.as_of.count + own->second.age->at(moment()).count()};
}

std::optional<Micros> Knowledge::rules_as_of() const {
  const std::lock_guard lock(mutex_);
  const Moment at = moment();
  std::optional<Micros> out;
  const auto count = [&](const Heard& one) {
    if (one.rules_as_of.count != 0) out = std::min(out.value_or(one.rules_as_of), one.rules_as_of);
  };
  for (const auto& feed : reliance_.feeds) {
    if (const Heard* by = youngest(feed, at); by != nullptr) count(*by);
  }
  if (const auto issuer = peers_.find(reliance_.issuer); issuer != peers_.end()) count(issuer->second);
  return out;
}

std::optional<microseconds> Knowledge::age() const {
  const std::lock_guard lock(mutex_);
  const Moment at = moment();
  std::optional<microseconds> out;
  const auto count = [&](const std::optional<Age>& age) {
    if (age) out = std::max(out.value_or(microseconds(0)), age->at(at));
  };
  for (const auto& feed : reliance_.feeds) {
    if (const Heard* by = youngest(feed, at); by != nullptr) count(by->age);
    if (const auto told = feeds_.find(feed.name); told != feeds_.end()) count(told->second.age);
  }
  if (const auto issuer = peers_.find(reliance_.issuer); issuer != peers_.end()) count(issuer->second.age);
  return out;
}

bool Knowledge::stale() const {
  const auto old = age();
  return old && *old > reliance_.stale;
}

}  // namespace meshgate::access
