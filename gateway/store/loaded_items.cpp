#include "gateway/store/loaded_items.hpp"

#include <algorithm>
#include <memory>

#include "gateway/store/packing.hpp"
#include "gateway/store/shrinking.hpp"

namespace meshgate::store {

namespace {

constexpr std::size_t kKindAt = 4;  ///< behind the feed's number
constexpr std::size_t kOrderBytes = 8;
constexpr int kNearSteps = 16;
constexpr std::size_t kFew = 16;  ///< at most one in so many

/// Entries of the index, asked for in its order.
class IndexInOrder {
 public:
  IndexInOrder(const Engine& engine, FeedNumber feed) : engine_(engine), last_(behind(feed_prefix(feed))), upper_(last_) {
    how_.iterate_upper_bound = &upper_;
    how_.fill_cache = false;
    at_ = engine_.iterate(Family::index, how_);
  }
  IndexInOrder(const IndexInOrder&) = delete;
  IndexInOrder& operator=(const IndexInOrder&) = delete;

  /// Where there is none, the entry stays as it is.
  Status read(std::string_view key, IndexEntry& entry) {
    move_to(key);
    if (!at_->status().ok()) return engine_.error(at_->status());
    if (!at_->Valid() || view(at_->key()) != key || decode(view(at_->value()), entry)) return {};
    return Error{Code::corrupt, "an index entry is damaged"};
  }

 private:
  void move_to(std::string_view key) {
    if (!std::exchange(begun_, true)) return at_->Seek(slice(key));
    for (int steps = 0; at_->Valid() && view(at_->key()) < key; ++steps) {
      if (steps == kNearSteps) return at_->Seek(slice(key));
      at_->Next();
    }
  }

  const Engine& engine_;
  const std::string last_;
  const rocksdb::Slice upper_;
  rocksdb::ReadOptions how_;
  std::unique_ptr<rocksdb::Iterator> at_;
  bool begun_ = false;
};

}  // namespace

void LoadedItems::add(const LogRange& range, const PageLine& line) {
  Item one;
  one.key = static_cast<std::uint32_t>(keys_.size());
  append_index_key(keys_, range.feed, line.id);
  one.key_size = static_cast<std::uint32_t>(keys_.size() - one.key);
  char order[kOrderBytes] = {};
  key(one).substr(kKindAt + 1).copy(order, kOrderBytes);
  one.order = read_u64(order);
  one.n = line.rev.n;
  one.in = {range.partition, range.generation, line.seq, line.kind == PageLine::Kind::put, line.rev.hash};
  all_.push_back(one);
}

/// By key; what came first stands first.
void LoadedItems::sort() {
  std::ranges::stable_sort(all_, [this](const Item& one, const Item& other) {
    const char kind = keys_[one.key + kKindAt];
    const char other_kind = keys_[other.key + kKindAt];
    if (kind != other_kind) return kind < other_kind;
    return one.order != other.order ? one.order < other.order : key(one) < key(other);
  });
}

Status LoadedItems::settle(Transaction& out) {
  if (all_.empty()) return {};
  sort();
  IndexInOrder index(feed_.engine(), feed_.number());
  const std::string greatest = feed_.greatest_index_key();
  // A table file that lies behind all others is never merged with them.
  const auto among = std::ranges::partition_point(all_, [&](const Item& one) { return key(one) <= greatest; }) - all_.begin();
  if (static_cast<std::size_t>(among) * kFew <= all_.size()) out.spare_load(greatest);
  const IndexEntry none;
  IndexEntry entry;
  for (std::size_t i = 0; i < all_.size();) {
    const std::string_view here = key(all_[i]);
    std::size_t end = i + 1;
    while (end < all_.size() && key(all_[end]) == here) ++end;
    entry = none;  // its memory is used again
    if (here <= greatest) {
      if (auto read = index.read(here, entry); !read) return read;
    }
    settle_one(out, here, entry, std::span(all_).subspan(i, end - i));
    i = end;
  }
  return {};
}

void LoadedItems::settle_one(Transaction& out, std::string_view key, IndexEntry& entry, std::span<const Item> news) {
  const bool was_live = any_live(entry);
  stored_ = entry.memberships;
  replaced_.clear();
  for (const Item& one : news) {
    const auto same = [&](const Membership& old) { return old.partition == one.in.partition && old.generation == one.in.generation; };
    if (const auto old = std::ranges::find_if(entry.memberships, same); old != entry.memberships.end()) drop(out, *old);
    const Generation served = out.partition(one.in.partition).served.generation;
    std::erase_if(entry.memberships, [&](const Membership& old) { return old.partition == one.in.partition && old.generation != served; });
    entry.memberships.push_back(one.in);
    if (!one.in.live) continue;
    entry.hash = one.in.hash;
    entry.n = one.n;
  }
  if (entry.number == 0) entry.number = out.progress.next_number++;
  const bool live = any_live(entry);
  if (live && !was_live) ++out.progress.items;
  if (!live && was_live) --out.progress.items;
  out.put_index(key, entry, replaced_);
}

/// The item's one entry in a copy makes room for the new one.
void LoadedItems::drop(Transaction& out, const Membership& old) {
  out.drop_line(out.range(old.partition, old.generation), old.seq, old.live);
  if (std::ranges::find(stored_, old) != stored_.end()) replaced_.push_back(old);
  if (!old.live) return;
  Copy& copy = out.partition(old.partition).building;
  --copy.count;
  copy.digest.remove(old.hash);
}

}  // namespace meshgate::store
