#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/store/shrinking.hpp"

namespace meshgate::store {

/// Nothing of the partition is served before a first copy is whole.
void become_replica(Transaction& out, PartitionNumber number);

/// One page from another node on its way into a replica's partition.
///
///   from "0"  ──► a new building copy ──► pages … ──► pass complete: it becomes the served copy, the old one goes
///   from the served copy's cursor ──► entries go straight into the served copy
class Follow {
 public:
  Follow(DiskFeed& feed, std::string_view partition, const Cursor& from, const Mark& mark);
  Status run(std::string_view lines);
  /// The partition whose old copy has just been replaced.
  [[nodiscard]] std::optional<PartitionNumber> replaced() const { return replaced_; }

 private:
  struct Loaded {
    IndexEntry entry;
    bool was_live = false;
  };
  Status choose_copy();
  void begin_copy();
  Status apply_all(std::string_view lines);
  Status apply(std::string_view line);
  Status apply_put(const PutLine& put, std::string_view line);
  Status apply_gone(const GoneLine& gone, std::string_view line);
  Status apply_trim(const TrimLine& trim);
  Status check_repeat(Seq seq, std::string_view line);
  Result<Loaded*> load(std::string_view id);
  void replace(IndexEntry& entry, const Membership& fresh);
  void write_index();
  void move_cursor();
  void replace_served();
  void take_feed_state();
  Status start_over();
  [[nodiscard]] Error conflict(const std::string& why) const;
  [[nodiscard]] LogRange range() const { return out_.range(number_, copy_->generation); }

  DiskFeed& feed_;
  const std::string name_;
  const Cursor from_;
  const Mark mark_;
  Transaction out_;
  PartitionNumber number_{};
  PartitionRecord* record_ = nullptr;
  Copy* copy_ = nullptr;
  Seq last_{0};
  std::unordered_map<std::string, Loaded> loaded_;
  LineParser parser_;
  std::optional<PartitionNumber> replaced_;
};

}  // namespace meshgate::store
