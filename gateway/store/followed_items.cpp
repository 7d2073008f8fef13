#include "gateway/store/followed_items.hpp"

#include <algorithm>
#include <vector>

#include "gateway/store/shrinking.hpp"

namespace meshgate::store {

Result<FollowedItems::Item*> FollowedItems::find(std::string_view id) {
  const auto [at, fresh] = items_.try_emplace(std::string(id));
  Item& item = at->second;
  if (!fresh) return &item;
  std::string key;
  append_index_key(key, feed_.number(), id);
  if (key > feed_.greatest_index_key()) return &item;
  auto value = feed_.engine().get(Family::index, key);
  if (value && *value && !decode(**value, item.entry)) value = Error{Code::corrupt, "the index entry of item '" + std::string(id) + "' is damaged"};
  if (!value) {
    items_.erase(at);
    return std::move(value).error();
  }
  item.was_live = any_live(item.entry);
  return &item;
}

void FollowedItems::write(Transaction& out) {
  std::vector<std::pair<std::string, const Item*>> sorted;
  sorted.reserve(items_.size());
  for (const auto& [id, item] : items_) {
    if (!item.changed) continue;
    std::string key;
    append_index_key(key, feed_.number(), id);
    sorted.emplace_back(std::move(key), &item);
  }
  std::ranges::sort(sorted, {}, &std::pair<std::string, const Item*>::first);
  for (const auto& [key, item] : sorted) {
    const bool live = any_live(item->entry);
    if (live && !item->was_live) ++out.progress.items;
    if (!live && item->was_live) --out.progress.items;
    if (item->entry.memberships.empty()) {
      out.drop_index(key);
    } else {
      out.put_index(key, item->entry);
    }
  }
}

}  // namespace meshgate::store
