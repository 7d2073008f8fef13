#include <algorithm>

#include "gateway/store/snapshot.hpp"

namespace meshgate::store {

const PartitionRecord& View::partition(PartitionNumber number) {
  const auto [at, fresh] = partitions_.try_emplace(number);
  if (fresh) static_cast<void>(read_record(engine_, meta_key(Meta::partition, feed_, plain(number)), at_.get(), at->second));
  return at->second;
}

namespace {

/// Of content in one page of items: one item may be 16 MiB.
constexpr std::size_t kPageBytes = std::size_t{4} << 20U;

}  // namespace

Error damaged(std::string_view id) {
  return {Code::corrupt, "the entry of item '" + std::string(id) + "' is damaged: restore a backup with `meshgate restore`"};
}

Result<bool> show(View& view, const IndexEntry& entry, std::string_view id, const std::vector<PartitionNumber>* only, LineParser& parser,
                  StoredItem& out) {
  const Membership* best = nullptr;
  for (const Membership& one : entry.memberships) {
    if (!view.served(one)) continue;
    out.partitions.push_back(view.partition(one.partition).name);
    if (only != nullptr && !std::binary_search(only->begin(), only->end(), one.partition)) continue;
    if (best == nullptr || one.seq > best->seq) best = &one;
  }
  if (best == nullptr) return false;
  std::sort(out.partitions.begin(), out.partitions.end());
  std::string key;
  append_log_key(key, {view.feed(), best->partition, best->generation}, best->seq);
  auto line = view.engine().get(Family::log, key, view.at());
  if (!line) return std::move(line).error();
  if (!*line) return damaged(id);
  std::string_view text(**line);
  text.remove_suffix(1);
  auto parsed = parser.parse(text);
  const auto* put = parsed ? std::get_if<PutLine>(&*parsed) : nullptr;
  if (put == nullptr) return damaged(id);
  out.id = id;
  out.rev = put->rev;
  out.at = put->at;
  out.content = put->content;
  return true;
}

Result<std::optional<StoredItem>> DiskFeed::item(std::string_view id) const {
  View view(*engine_, number_);
  std::string key;
  append_index_key(key, number_, id);
  auto value = engine_->get(Family::index, key, view.at());
  if (!value) return std::move(value).error();
  if (!*value) return std::optional<StoredItem>{};
  IndexEntry entry;
  if (!decode(**value, entry)) return damaged(id);
  LineParser parser;
  StoredItem out;
  auto shown = show(view, entry, id, nullptr, parser, out);
  if (!shown) return std::move(shown).error();
  if (!*shown) return std::optional<StoredItem>{};
  return std::optional<StoredItem>(std::move(out));
}

Result<ItemPage> DiskFeed::items(std::optional<std::string_view> partition, std::string_view token, std::size_t limit) const {
  if (!partition) return page_of_items(nullptr, token, limit);
  std::vector<PartitionNumber> only;
  {
    const std::shared_lock lock(tables_mutex_);
    const auto number = tables_.partition_named(*partition);
    if (!number) return unknown_partition(*partition);
    only.push_back(*number);
  }
  return page_of_items(&only, token, limit);
}

Result<ItemPage> DiskFeed::items_in(std::span<const std::string> partitions, std::string_view token, std::size_t limit) const {
  std::vector<PartitionNumber> only;
  {
    const std::shared_lock lock(tables_mutex_);
    for (const auto& name : partitions) {
      if (const auto number = tables_.partition_named(name)) only.push_back(*number);
    }
  }
  std::sort(only.begin(), only.end());
  return page_of_items(&only, token, limit);
}

Result<ItemPage> DiskFeed::page_of_items(const std::vector<PartitionNumber>* only, std::string_view token, std::size_t limit) const {
  View view(*engine_, number_);
  std::string first = feed_prefix(number_);
  const std::string last = behind(first);
  if (!token.empty()) {
    append_ordered_id(first, token);
    first += '\0';
  }
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.snapshot = view.at();
  how.iterate_upper_bound = &upper;
  const auto at = engine_->iterate(Family::index, how);
  ItemPage out;
  std::size_t bytes = 0;
  IndexEntry entry;
  LineParser parser;
  for (at->Seek(first); at->Valid(); at->Next()) {
    const std::string id = id_of_ordered(ordered_of_index_key(store::view(at->key())));
    if (!decode(store::view(at->value()), entry)) return damaged(id);
    StoredItem item;
    auto shown = show(view, entry, id, only, parser, item);
    if (!shown) return std::move(shown).error();
    if (!*shown) continue;
    if (out.items.size() == std::max<std::size_t>(1, limit) || (!out.items.empty() && bytes + item.content.size() > kPageBytes)) {
      out.next = out.items.back().id;
      break;
    }
    bytes += item.content.size();
    out.items.push_back(std::move(item));
  }
  if (!at->status().ok()) return engine_->error(at->status());
  return out;
}

Result<std::vector<Unseen>> DiskFeed::unseen(std::string_view stream, const Seen& seen, std::string_view after, std::size_t limit) const {
  std::vector<Unseen> out;
  std::optional<StreamNumber> owner;
  bool alone = false;  // items that belong to nobody are of the only stream there is
  {
    const std::shared_lock lock(tables_mutex_);
    owner = tables_.stream_named(stream);
    alone = tables_.streams.size() == 1;
  }
  if (!owner) return out;
  std::string first = feed_prefix(number_);
  const std::string last = behind(first);
  if (!after.empty()) {
    append_ordered_id(first, after);
    first += '\0';
  }
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions how;
  how.iterate_upper_bound = &upper;
  const auto at = engine_->iterate(Family::index, how);
  IndexEntry entry;
  for (at->Seek(first); at->Valid() && out.size() < limit; at->Next()) {
    if (!decode(view(at->value()), entry)) return damaged(id_of_ordered(ordered_of_index_key(view(at->key()))));
    const bool live = std::any_of(entry.memberships.begin(), entry.memberships.end(), [](const Membership& one) { return one.live; });
    const bool own = entry.stream == *owner || (alone && entry.stream == StreamNumber{});
    if (!live || !own || seen.has(entry.number)) continue;
    std::string id = id_of_ordered(ordered_of_index_key(view(at->key())));
    out.push_back({entry.key.empty() ? id : entry.key, id});
  }
  if (!at->status().ok()) return engine_->error(at->status());
  return out;
}

}  // namespace meshgate::store
