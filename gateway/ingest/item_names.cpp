#include "gateway/ingest/item_names.hpp"

#include "mesh/reference.hpp"

namespace meshgate::ingest {

Result<bool> keeps(const Guard& guard, const store::Feed& feed, std::string_view id) {
  if (guard.kept.empty()) return false;
  if (!guard.by_name) return guard.keeps(id, {});
  const auto item = feed.item(id);
  if (!item) return item.error();
  return guard.keeps(id, *item ? std::string_view((*item)->content) : std::string_view());
}

std::string known_as(const Guard& guard, const store::Feed& feed, const std::string& id) {
  if (!guard.by_name) return id;
  const auto item = feed.item(id);
  const auto names = item && *item ? names_in((*item)->content) : std::vector<std::string>();
  return names.empty() ? id : names.front();
}

}  // namespace meshgate::ingest
