#include "gateway/publish/comparison.hpp"

#include <limits>
#include <utility>

namespace meshgate::publish {

namespace {

constexpr std::size_t kBatchEntries = 10000;
constexpr std::uint64_t kBatchBytes = std::uint64_t{4} << 20U;

std::size_t hash_of(std::string_view text) { return std::hash<std::string_view>()(text); }

/// Of names in their order.
void add_name(std::size_t& hash, std::string_view name) { hash = hash * 1099511628211ULL + hash_of(name) + 1; }

}  // namespace

Result<Seq> Comparison::run() {
  constexpr std::size_t kLast = std::numeric_limits<std::size_t>::max();
  for (slice_ = {0, kLast};; slice_ = {slice_.last + 1, kLast}) {
    held_.clear();
    if (auto folded = writer_.fold([this](const Held& held) { hold(held); }); !folded) return std::move(folded).error();
    if (auto compared = compare(); !compared) return std::move(compared).error();
    if (auto dropped = drop_unknown(); !dropped) return std::move(dropped).error();
    if (slice_.last == kLast) break;
  }
  if (batch_.empty()) return *through_;
  if (auto done = writer_.write(batch_.entries(), *through_); !done) return std::move(done).error();
  return *through_;
}

bool Comparison::within(std::string_view id) const {
  const std::size_t hash = hash_of(id);
  return hash >= slice_.first && hash <= slice_.last;
}

void Comparison::hold(const Held& held) {
  if (!within(held.id)) return;
  std::string id(held.id);
  if (held.gone) {
    held_.erase(id);
    return;
  }
  Version version{.foreign = held.foreign};
  const auto rev = Revision::parse(held.rev);
  if (rev) version.hash = rev->hash;
  for (const mg_str& partition : held.partitions) add_name(version.partitions, plugins::text_of(partition));
  held_[std::move(id)] = version;
  if (held_.size() > most_) narrow();
}

void Comparison::narrow() {
  while (held_.size() > most_ && slice_.first < slice_.last) {
    slice_.last = slice_.first + (slice_.last - slice_.first) / 2;
    std::erase_if(held_, [this](const auto& one) { return !within(one.first); });
  }
}

/// The whole feed against what is held of the slice; what is met is held no more.
Status Comparison::compare() {
  Seq after{0};
  while (true) {
    auto page = store::in_order(feed_, after, {.entries = kBatchEntries, .bytes = kBatchBytes});
    if (!page) return std::move(page).error();
    for (store::Placed& placed : page->items) {
      if (through_ && placed.seq > *through_) return {};
      if (!within(placed.item.id)) continue;
      if (auto compared = compare(std::move(placed)); !compared) return compared;
    }
    after = page->through;
    if (!page->end) continue;
    if (!through_) through_ = after;
    return {};
  }
}

Status Comparison::compare(store::Placed placed) {
  const auto there = held_.find(placed.item.id);
  if (placed.gone) {
    if (there == held_.end() || there->second.foreign) return {};
    held_.erase(there);
    return put(std::move(placed));
  }
  Version wanted{.hash = placed.item.rev.hash};
  for (const std::string& partition : placed.item.partitions) {
    if (!partition.empty()) add_name(wanted.partitions, partition);
  }
  const bool same = there != held_.end() && there->second == wanted;
  if (there != held_.end()) held_.erase(there);
  return same ? Status{} : put(std::move(placed));
}

/// What the target has and the feed has not: somebody else's is left alone, and what has changed since the walk has its place behind it.
Status Comparison::drop_unknown() {
  for (const auto& [id, version] : held_) {
    if (version.foreign) continue;
    auto item = feed_.item(id);
    if (!item) return std::move(item).error();
    if (*item) continue;
    if (auto dropped = put({.seq = Seq{0}, .gone = true, .item = {.id = id}}); !dropped) return dropped;
  }
  return {};
}

/// The last batch is kept back: it says that the comparison is complete.
Status Comparison::put(store::Placed placed) {
  if (batch_.size() >= kBatchEntries || batch_.bytes() >= kBatchBytes) {
    if (auto done = writer_.write(batch_.entries(), Seq{0}); !done) return done;
    batch_.clear();
  }
  batch_.add(std::move(placed));
  ++written_;
  return {};
}

}  // namespace meshgate::publish
