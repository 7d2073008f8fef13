#include "gateway/publish/batch.hpp"

#include <utility>

namespace meshgate::publish {

namespace {

mg_str borrow(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace

void Batch::add(store::Placed placed) {
  bytes_ += placed.item.id.size() + placed.item.content.size();
  rows_.push_back({.placed = std::move(placed), .rev = {}, .at = {}, .partitions = {}});
}

void Batch::clear() {
  rows_.clear();
  entries_.clear();
  bytes_ = 0;
}

std::span<const mg_entry> Batch::entries() {
  entries_.clear();
  for (Row& row : rows_) {
    const store::StoredItem& item = row.placed.item;
    mg_entry& entry = entries_.emplace_back();
    entry.size = sizeof entry;
    entry.seq = number(row.placed.seq);
    entry.id = borrow(item.id);
    entry.gone = row.placed.gone ? 1 : 0;
    if (row.placed.gone) continue;
    row.rev = item.rev.text();
    row.at = utc_text(item.at);
    row.partitions.clear();
    for (const std::string& partition : item.partitions) {
      if (!partition.empty()) row.partitions.push_back(borrow(partition));
    }
    entry.rev = borrow(row.rev);
    entry.at = borrow(row.at);
    entry.content = borrow(item.content);
    entry.partitions = row.partitions.data();
    entry.partition_count = row.partitions.size();
  }
  return entries_;
}

}  // namespace meshgate::publish
