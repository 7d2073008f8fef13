#include "gateway/device/order.hpp"

#include <algorithm>

namespace meshgate::device {

namespace {

constexpr std::size_t kMostRows = 2000000;

/// Seq, id and content hash of each.
std::string rows_of(const Place& place) { return "SELECT _seq,_id,substr(_rev,instr(_rev,'-')+1) FROM " + quoted(place.feed->name); }

Seq seq_in(const Statement& row) { return Seq{static_cast<std::uint64_t>(row.integer(0))}; }

Error incomparable(const std::string& why) { return {Code::unsupported, why}; }

}  // namespace

Result<Order> Order::of(Database& database, const Place& place) {
  if (place.feed->divided) return incomparable("a row of a divided feed stands in the order of several partitions");
  auto rows = database.prepare(rows_of(place));
  if (!rows) return std::move(rows).error();
  Order out;
  out.epoch_ = place.feed->epoch;
  ItemSummer summer;
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) break;
    if (out.entries_.size() == kMostRows) return incomparable("there are too many rows to compare them here");
    const Seq seq = seq_in(*rows);
    out.entries_.push_back({seq, summer.sum(seq, rows->text(2))});
  }
  std::ranges::sort(out.entries_, {}, &Entry::seq);
  const auto same = [](const Entry& one, const Entry& next) { return one.seq == next.seq; };
  const bool none = out.entries_.empty() || out.entries_.front().seq == Seq{0};
  if (none || std::ranges::adjacent_find(out.entries_, same) != out.entries_.end()) return incomparable("the rows are not in the order of any one node");
  return out;
}

Standing Order::standing() const {
  Standing out;
  out.epoch = epoch_;
  out.head = entries_.back().seq;
  return out;
}

void Order::entries(const SeqRange& range, const TakeEntry& take) const {
  auto at = std::ranges::upper_bound(entries_, range.after, {}, &Entry::seq);
  for (; at != entries_.end() && at->seq <= range.to; ++at) take(at->seq, at->sum);
}

Result<std::vector<std::string>> ids_at(Database& database, const Place& place, const std::vector<Seq>& seqs) {
  std::vector<std::string> out;
  if (seqs.empty()) return out;
  auto rows = database.prepare(rows_of(place));
  if (!rows) return std::move(rows).error();
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) return out;
    if (std::ranges::binary_search(seqs, seq_in(*rows))) out.push_back(rows->text(1));
  }
}

}  // namespace meshgate::device
