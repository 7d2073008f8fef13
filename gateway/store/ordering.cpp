#include "gateway/store/ordering.hpp"

#include <algorithm>

#include "gateway/store/packing.hpp"
#include "gateway/store/snapshot.hpp"

namespace meshgate::store {

namespace {

/// Seqs that are looked through at once in a divided feed; doubled where none of them is used any more.
constexpr std::uint64_t kFirstWidth = 4096;

bool full(const PlacedPage& page, std::uint64_t bytes, const PageLimits& limits) {
  return !page.items.empty() && (page.items.size() >= limits.entries || bytes >= limits.bytes);
}

std::uint64_t size_of(const Placed& placed) { return placed.item.id.size() + placed.item.content.size(); }

/// The one partition of a feed that is not divided: each of its entries is an item's place.
class Whole {
 public:
  Whole(View& view, const LogRange& range) : view_(view), range_(range) {}

  Status read(Seq after, Seq to, const PageLimits& limits, PlacedPage& out) {
    std::string first;
    append_log_key(first, range_, next(after));
    std::string last;
    append_log_key(last, range_, next(to));
    const rocksdb::Slice upper(last);
    rocksdb::ReadOptions how;
    how.snapshot = view_.at();
    how.iterate_upper_bound = &upper;
    how.ignore_range_deletions = true;
    const auto line = view_.engine().iterate(Family::log, how);
    std::uint64_t bytes = 0;
    for (line->Seek(first); line->Valid() && !full(out, bytes, limits); line->Next()) {
      const Seq seq = seq_of_log_key(store::view(line->key()));
      if (auto added = add(seq, store::view(line->value()), out); !added) return added;
      if (!out.items.empty() && out.items.back().seq == seq) bytes += size_of(out.items.back());
      out.through = seq;
    }
    if (!line->status().ok()) return view_.engine().error(line->status());
    out.end = !line->Valid();
    if (out.end) out.through = to;
    return {};
  }

 private:
  Status add(Seq seq, std::string_view line, PlacedPage& out) {
    line.remove_suffix(1);
    auto parsed = parser_.parse(line);
    if (!parsed) return damaged("?");
    if (const auto* gone = std::get_if<GoneLine>(&*parsed)) {
      out.items.push_back({.seq = seq, .gone = true, .item = {.id = std::string(gone->id)}});
    } else if (const auto* put = std::get_if<PutLine>(&*parsed)) {
      out.items.push_back({.seq = seq, .item = {std::string(put->id), put->rev, put->at, std::string(put->content), {{}}}});
    }
    return {};
  }

  View& view_;
  LogRange range_;
  LineParser parser_;
};

/// Many partitions: of the seqs in a window those that are used are gathered from all of them, and the index says which are an item's place.
class Divided {
 public:
  Divided(View& view, std::vector<LogRange> ranges) : view_(view), ranges_(std::move(ranges)) {}

  /// From out.through on.
  Status read(Seq to, const PageLimits& limits, PlacedPage& out) {
    std::uint64_t width = kFirstWidth;
    while (out.through < to && out.items.empty()) {
      const Seq end{std::min(number(to), number(out.through) + width)};
      if (auto gathered = gather(out.through, end); !gathered) return gathered;
      if (auto shown = show_used(end, limits, out); !shown) return shown;
      width *= 2;
    }
    out.end = out.through == to;
    return {};
  }

 private:
  struct Used {
    Seq seq{0};
    std::size_t range = 0;
  };

  Status gather(Seq after, Seq to) {
    used_.clear();
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      std::string first;
      append_log_key(first, ranges_[i], next(after));
      std::string last;
      append_log_key(last, ranges_[i], next(to));
      const rocksdb::Slice upper(last);
      rocksdb::ReadOptions how;
      how.snapshot = view_.at();
      how.iterate_upper_bound = &upper;
      how.ignore_range_deletions = true;
      const auto line = view_.engine().iterate(Family::log, how);
      for (line->Seek(first); line->Valid(); line->Next()) used_.push_back({seq_of_log_key(store::view(line->key())), i});
      if (!line->status().ok()) return view_.engine().error(line->status());
    }
    // What one commit does to an item has one seq, whatever partitions it is in.
    std::ranges::sort(used_, {}, &Used::seq);
    used_.erase(std::unique(used_.begin(), used_.end(), [](const Used& one, const Used& other) { return one.seq == other.seq; }), used_.end());
    return {};
  }

  Status show_used(Seq end, const PageLimits& limits, PlacedPage& out) {
    std::uint64_t bytes = 0;
    for (const Used& one : used_) {
      if (full(out, bytes, limits)) return {};
      if (auto added = add(one, out); !added) return added;
      if (!out.items.empty() && out.items.back().seq == one.seq) bytes += size_of(out.items.back());
      out.through = one.seq;
    }
    out.through = end;
    return {};
  }

  Status add(const Used& one, PlacedPage& out) {
    std::string key;
    append_log_key(key, ranges_[one.range], one.seq);
    auto line = view_.engine().get(Family::log, key, view_.at());
    if (!line) return std::move(line).error();
    if (!*line) return damaged("?");
    auto id = id_of(**line);
    if (!id) return std::move(id).error();
    if (id->empty()) return {};
    key.clear();
    append_index_key(key, view_.feed(), *id);
    auto value = view_.engine().get(Family::index, key, view_.at());
    if (!value) return std::move(value).error();
    IndexEntry entry;
    if (!*value || !decode(**value, entry)) return damaged(*id);
    const auto place = std::ranges::max_element(entry.memberships, {}, &Membership::seq);
    if (place == entry.memberships.end() || place->seq != one.seq) return {};
    Placed placed{.seq = one.seq};
    auto live = show(view_, entry, *id, nullptr, parser_, placed.item);
    if (!live) return std::move(live).error();
    placed.gone = !*live;
    if (placed.gone) placed.item.id = *id;
    out.items.push_back(std::move(placed));
    return {};
  }

  /// Empty: it is no item's line.
  Result<std::string> id_of(std::string_view line) {
    line.remove_suffix(1);
    auto parsed = parser_.parse(line);
    if (!parsed) return damaged("?");
    if (const auto* gone = std::get_if<GoneLine>(&*parsed)) return std::string(gone->id);
    const auto* put = std::get_if<PutLine>(&*parsed);
    return put == nullptr ? std::string() : std::string(put->id);
  }

  View& view_;
  std::vector<LogRange> ranges_;
  std::vector<Used> used_;
  LineParser parser_;
};

/// The partitions of a feed that have entries behind a seq, as its snapshot has them.
struct Behind {
  std::vector<LogRange> ranges;
  bool whole = true;    ///< the feed is one partition
  bool replica = false;
};

Result<Behind> behind(View& view, Seq after) {
  Behind out;
  PartitionRecord record;
  const std::string first = meta_key(Meta::partition, view.feed());
  rocksdb::ReadOptions how;
  how.snapshot = view.at();
  const auto at = view.engine().iterate(Family::meta, how);
  for (at->Seek(first); at->Valid() && at->key().starts_with(first); at->Next()) {
    if (!decode(store::view(at->value()), record)) return damaged("?");
    out.whole = out.whole && record.name.empty();
    out.replica = out.replica || record.replica;
    if (record.served.head > after) out.ranges.push_back({view.feed(), PartitionNumber{read_u32(at->key().data() + first.size())}, record.served.generation});
  }
  if (!at->status().ok()) return view.engine().error(at->status());
  return out;
}

}  // namespace

Result<PlacedPage> in_order(const Feed& feed, Seq after, const PageLimits& limits) {
  const auto& mine = static_cast<const DiskFeed&>(feed);  // every feed of a Store is one
  View view(mine.engine(), mine.number());
  ProgressRecord progress;
  if (auto read = read_record(mine.engine(), meta_key(Meta::progress, mine.number()), view.at(), progress); !read) return std::move(read).error();
  auto found = behind(view, after);
  if (!found) return std::move(found).error();
  if (found->replica) return Error{Code::unsupported, "feed '" + feed.state().name + "' is a copy of another node's, and has no one order here: publish it at its origin"};
  PlacedPage out{.items = {}, .through = after};
  if (found->ranges.empty() || progress.seq <= after) {
    out.through = std::max(after, progress.seq);
    out.end = true;
    return out;
  }
  Status read = found->whole ? Whole(view, found->ranges.front()).read(after, progress.seq, limits, out) : Divided(view, std::move(found->ranges)).read(progress.seq, limits, out);
  if (!read) return std::move(read).error();
  return out;
}

}  // namespace meshgate::store
