#include "gateway/store/batch.hpp"

#include <algorithm>

namespace meshgate::store {

Batch::Piece Batch::keep(std::string_view text) {
  const Piece piece{arena_.size(), text.size()};
  arena_.append(text);
  return piece;
}

void Batch::put(std::string_view key, std::string_view id, std::string_view content, std::span<const std::string> partitions) {
  Entry entry;
  entry.kind = Kind::put;
  entry.key = keep(key);
  entry.id = id == key ? entry.key : keep(id);
  entry.content = keep(content);
  entry.hash = content_hash(id, content);
  entry.first_partition = partitions_.size();
  for (const std::string& name : partitions) partitions_.push_back(partition_piece(name));
  const auto first = partitions_.begin() + static_cast<std::ptrdiff_t>(entry.first_partition);
  if (partitions.size() > 1) {
    std::sort(first, partitions_.end(), [this](Piece a, Piece b) { return view(a) < view(b); });
    partitions_.erase(std::unique(first, partitions_.end(), [this](Piece a, Piece b) { return view(a) == view(b); }), partitions_.end());
  }
  entry.partition_count = partitions_.size() - entry.first_partition;
  entries_.push_back(entry);
}

Batch::Piece Batch::partition_piece(std::string_view name) {
  if (!partitions_.empty() && view(partitions_.back()) == name) return partitions_.back();
  return keep(name);
}

void Batch::remove(std::string_view key) { entries_.push_back({.kind = Kind::remove, .key = keep(key)}); }
void Batch::sweep(std::string_view key) { entries_.push_back({.kind = Kind::sweep, .key = keep(key)}); }
void Batch::present(std::string_view key) { entries_.push_back({.kind = Kind::present, .key = keep(key)}); }

void Batch::quarantine(std::string_view key, std::string_view reason, std::string_view raw) {
  entries_.push_back({.kind = Kind::quarantine, .key = keep(key), .id = keep(reason.substr(0, kMaxReason)), .content = keep(raw.substr(0, kMaxRaw))});
}

Batch::Change Batch::change(std::size_t index, std::vector<std::string_view>& partitions) const {
  const Entry& entry = entries_[index];
  Change out;
  out.kind = entry.kind;
  out.key = view(entry.key);
  if (entry.kind == Kind::quarantine) {
    out.reason = view(entry.id);
    out.raw = view(entry.content);
  } else if (entry.kind == Kind::put) {
    out.id = view(entry.id);
    out.content = view(entry.content);
    out.hash = entry.hash;
    out.late = entry.late;
    out.time = entry.time;
    partitions.clear();
    for (std::size_t i = 0; i < entry.partition_count; ++i) partitions.push_back(view(partitions_[entry.first_partition + i]));
    out.partitions = partitions;
  }
  return out;
}

void Batch::clear() {
  arena_.clear();
  entries_.clear();
  partitions_.clear();
  position_.reset();
  as_of_.reset();
  loading_.reset();
  held_.reset();
  scanned_.reset();
  expired_.reset();
}

}  // namespace meshgate::store
