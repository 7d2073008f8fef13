// Which node is the origin of a feed: a copy takes the place of an origin that was lost, and one that comes back steps down.
#include <algorithm>

#include "gateway/store/following.hpp"

namespace meshgate::store {

Error DiskFeed::stepped_down() const {
  return {Code::conflict, "feed '" + tables_.feed.name + "' has another origin since a copy was promoted (term " + std::to_string(tables_.origin.superseded->term) +
                              "): nothing is published from here any more; follow it from that node with `from: { peer: … }`"};
}

Status DiskFeed::promote() {
  std::unique_lock lock(write_mutex_);
  if (erased_) return erased();
  const std::string place = "feed '" + tables_.feed.name + "'";
  if (!follows()) return Error{Code::conflict, place + " has its origin here already: there is nothing to promote"};
  const auto held = [](const auto& one) { return one.second.served.generation != 0 && one.second.served.head != Seq{0}; };
  if (std::ranges::none_of(tables_.partitions, held)) {
    return Error{Code::conflict, place + " is not held whole here yet: promote it at a node that has it, or wait until the first copy is complete"};
  }
  Transaction out(*this);
  FeedRecord next = tables_.feed;
  next.epoch.bits = random_bits();
  for (const auto& [number, record] : tables_.partitions) {
    PartitionRecord& one = out.partition(number);
    one.replica = false;
    if (one.building.generation != 0) {
      out.drop_log(out.range(number, one.building.generation));
      one.building = {};
      one.stale = true;
    }
    if (one.served.generation == 0) one.served.generation = ++one.last_generation;
    one.served.epoch = next.epoch;
    one.served.cursor = {};
  }
  // What the origin had begun and not finished nobody finishes now: what is here is what there is.
  out.progress.loading = false;
  OriginRecord origin = tables_.origin;
  origin.claim = {tables_.origin.claim.term + 1, next.epoch};
  out.set_origin(std::move(origin));
  out.set_feed(std::move(next));
  if (auto written = out.commit(Engine::Durably::yes); !written) return written;
  lock.unlock();
  notify();
  return {};
}

Origination DiskFeed::origination() const {
  const std::shared_lock lock(tables_mutex_);
  return {tables_.origin.claim, tables_.origin.superseded, !follows()};
}

Status DiskFeed::meet(const Claim& other) {
  std::unique_lock lock(write_mutex_);
  if (erased_) return erased();
  if (auto ready = settled_for_others(); !ready) return ready;
  OriginRecord origin = tables_.origin;
  const Claim known = std::max(origin.claim, origin.superseded.value_or(Claim{}));
  if (other == known) return {};
  if (other < known) {
    return Error{Code::conflict, "feed '" + tables_.feed.name + "' has a newer origin than that (term " + std::to_string(known.term) + ", not " + std::to_string(other.term) +
                                     "): it must step down; name the newer one's node under its `peers:`"};
  }
  Transaction out(*this);
  if (follows()) {
    origin.claim = other;
  } else {
    origin.superseded = other;
    out.progress.loading = true;  // nobody is told "caught up" by what is not the origin any more and follows none
  }
  out.set_origin(std::move(origin));
  if (auto written = out.commit(Engine::Durably::yes); !written) return written;
  lock.unlock();
  notify();
  return {};
}

Status DiskFeed::become_copy() {
  const std::lock_guard lock(write_mutex_);
  if (erased_) return erased();
  if (auto ready = settled_for_others(); !ready) return ready;
  if (!tables_.origin.superseded) return {};
  Transaction out(*this);
  for (const auto& [number, record] : tables_.partitions) {
    PartitionRecord& one = out.partition(number);
    one.replica = true;
    one.loading = true;
    one.served.cursor = {.epoch = one.served.epoch, .seq = one.served.head};
  }
  out.clear_positions();
  OriginRecord origin = tables_.origin;
  origin.claim = *tables_.origin.superseded;
  origin.superseded.reset();
  out.set_origin(std::move(origin));
  return out.commit(Engine::Durably::yes);
}

bool DiskFeed::has_left(const Epoch& epoch) const {
  const std::shared_lock lock(tables_mutex_);
  return std::ranges::find(tables_.origin.left, epoch) != tables_.origin.left.end();
}

Status DiskFeed::may_take(const Epoch& epoch, Micros as_of, bool loading) const {
  const std::shared_lock lock(tables_mutex_);
  const OriginRecord& origin = tables_.origin;
  const std::string other = "feed '" + tables_.feed.name + "': the other node is in an order that ";
  if (std::ranges::find(origin.left, epoch) != origin.left.end()) {
    return Error{Code::conflict, other + "this one has left for another (a fork): it has fallen behind, or two nodes write this feed. "
                                         "Stop one of the two; if the one that stays was left, give it a new order with `meshgate backup` and `meshgate restore`"};
  }
  const Micros held = tables_.progress.as_of;
  const bool known = tables_.feed.epoch == epoch || origin.claim.epoch == epoch || loading || tables_.progress.loading;
  if (known || as_of.count == 0 || as_of.count >= held.count) return {};
  return Error{Code::conflict, other + "is not known here, as of " + utc_text(as_of) + ", before what is held, as of " + utc_text(held) +
                                   ": it has fallen behind, or the clock of the feed's origin was put back. It is taken when it is further"};
}

Origination origination(const Feed& feed) { return static_cast<const DiskFeed&>(feed).origination(); }
Status promote(Feed& feed) { return static_cast<DiskFeed&>(feed).promote(); }
Status meet(Feed& feed, const Claim& other) { return static_cast<DiskFeed&>(feed).meet(other); }
Status become_copy(Feed& feed) { return static_cast<DiskFeed&>(feed).become_copy(); }
Status may_take(const Feed& feed, const Epoch& epoch, Micros as_of, bool loading) { return static_cast<const DiskFeed&>(feed).may_take(epoch, as_of, loading); }

}  // namespace meshgate::store
