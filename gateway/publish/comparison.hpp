#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/publish/batch.hpp"
#include "gateway/publish/writer.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::publish {

/// Makes a target equal to the feed by writing only what differs: used where it is not known how far the target has come. Memory is bounded: where more is
/// held than `most`, ids are compared slice by slice, and the target is folded once for each.
class Comparison {
 public:
  Comparison(const store::Feed& feed, Writer& writer, std::size_t most) : feed_(feed), writer_(writer), most_(most) {}

  /// The seq up to which the target then has everything. Until the last batch it says of itself that it must be compared. Blocks.
  Result<Seq> run();
  [[nodiscard]] std::uint64_t written() const { return written_; }

 private:
  /// What the target has of an item.
  struct Version {
    bool foreign = false;
    ContentHash hash;
    std::size_t partitions = 0;  ///< a hash of their names
    bool operator==(const Version&) const = default;
  };
  /// Ids by their hash, both ends included.
  struct Slice {
    std::size_t first = 0;
    std::size_t last = 0;
  };

  void hold(const Held& held);
  void narrow();
  [[nodiscard]] bool within(std::string_view id) const;
  Status compare();
  Status compare(store::Placed placed);
  Status drop_unknown();
  Status put(store::Placed placed);

  const store::Feed& feed_;
  Writer& writer_;
  const std::size_t most_;
  Slice slice_;
  std::unordered_map<std::string, Version> held_;  ///< ids of the slice that the target has
  std::optional<Seq> through_;                     ///< where the first walk through the feed ended; all end there
  Batch batch_;
  std::uint64_t written_ = 0;
};

}  // namespace meshgate::publish
