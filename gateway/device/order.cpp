#include "gateway/device/order.hpp"

#include <algorithm>

namespace meshgate::device {

namespace {

constexpr std::size_t kMostRows = 8000000;  ///< which take 192 MB
constexpr std::size_t kChunk = 4096;        ///< rows between two looks whether it goes on
constexpr std::uint64_t kFewIsOneIn = 16;   ///< of the feed's members

/// Looks at all members of the feed, in the order in which they and the rows lie, where the partition has many of them: that is ten times faster than by the index.
Result<std::string> members_of(Database& database, const Place& place) {
  const std::string feed = std::to_string(place.feed->number);
  const auto all = database.integer("SELECT sum(count) FROM _meshgate_partitions WHERE feed=" + feed);
  if (!all) return all.error();
  const bool few = place.now.count * kFewIsOneIn < static_cast<std::uint64_t>(*all);
  const std::string rows = " LEFT JOIN " + quoted(place.feed->name) + " ON _id=m.id WHERE m.place=" + std::to_string(place.number);
  return few ? "_meshgate_members m" + rows : "_meshgate_members m NOT INDEXED" + rows + " AND m.feed=" + feed;
}

/// Seq and content hash of each; of a membership whose row has another content an empty hash.
Result<std::string> items_of(Database& database, const Place& place) {
  const std::string hash = "substr(_rev,instr(_rev,'-')+1)";
  if (!place.feed->divided) return "SELECT _seq," + hash + " FROM " + quoted(place.feed->name);
  auto members = members_of(database, place);
  if (!members) return members;
  return "SELECT m.seq,CASE m.hash WHEN " + hash + " THEN m.hash ELSE '' END FROM " + *members;
}

Seq seq_in(const Statement& row) { return Seq{static_cast<std::uint64_t>(row.integer(0))}; }

Error incomparable(const std::string& why) { return {Code::unsupported, why}; }

}  // namespace

Result<Order> Order::of(Database& database, const Place& place, const GoesOn& goes_on) {
  const auto items = items_of(database, place);
  if (!items) return items.error();
  auto rows = database.prepare(*items);
  if (!rows) return std::move(rows).error();
  Order out;
  out.entries_.reserve(std::min<std::size_t>(place.now.count, kMostRows));
  ItemSummer summer;
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) break;
    if (out.entries_.size() == kMostRows) return incomparable("there are too many rows to compare them here");
    if (out.entries_.size() % kChunk == 0 && !goes_on()) return Error{Code::cancelled, "cancelled while rows were compared"};
    const Seq seq = seq_in(*rows);
    out.entries_.push_back({seq, summer.sum(seq, rows->cell(1).text)});
  }
  std::ranges::sort(out.entries_, {}, &Entry::seq);
  const auto same = [](const Entry& one, const Entry& next) { return one.seq == next.seq; };
  const bool none = out.entries_.empty() || out.entries_.front().seq == Seq{0};
  if (none || std::ranges::adjacent_find(out.entries_, same) != out.entries_.end()) return incomparable("the rows are not in the order of any one node");
  return out;
}

Standing Order::standing() const {
  Standing out;
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
  const std::string members = "SELECT seq,id FROM _meshgate_members WHERE place=" + std::to_string(place.number);
  auto rows = database.prepare(place.feed->divided ? members : "SELECT _seq,_id FROM " + quoted(place.feed->name));
  if (!rows) return std::move(rows).error();
  for (;;) {
    auto row = rows->step();
    if (!row) return std::move(row).error();
    if (!*row) return out;
    if (std::ranges::binary_search(seqs, seq_in(*rows))) out.push_back(rows->text(1));
  }
}

}  // namespace meshgate::device
