#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/store/folder.hpp"

namespace meshgate::store {

/// A partition at one moment: id → rev hash.
using Items = std::map<std::string, ContentHash>;

/// What the origin's partitions were at every seq, by epoch: what a reader may be told to have.
class History {
 public:
  void note(const Feed& origin, const std::string& partition);
  /// Nothing when the origin never was there.
  [[nodiscard]] const Items* at(const std::string& partition, Epoch epoch, Seq seq) const;

 private:
  std::map<std::string, std::map<Epoch, std::map<Seq, Items>>> states_;
};

/// A part of a partition as some node had it at some moment: what a cache may keep for ever.
struct Rendering {
  std::string partition;
  Epoch epoch;
  RangeLine range;
  std::string lines;
};
/// Nothing where a node cannot offer it: it has no such part, or a copy that is not complete.
std::optional<Rendering> render(const Feed& from, const std::string& partition, Seq after, Seq to);

/// A reader as the protocol asks for: keeps items over a 410 and removes what it did not meet at its first caught-up mark.
class Reader {
 public:
  explicit Reader(std::string partition) : partition_(std::move(partition)) {}
  /// One page from one node. A sentence when a promise is broken.
  std::string read(const Feed& from, const PageLimits& limits, const History& history);
  /// A rendering, whatever its age, that begins where the reader stands.
  std::string take(const Rendering& rendering);
  /// Where it stands in the order; nothing when it stands in another epoch.
  [[nodiscard]] std::optional<Seq> place(const Epoch& epoch) const {
    if (cursor_.start()) return Seq{0};
    return cursor_.epoch == epoch ? std::optional(cursor_.seq) : std::nullopt;
  }
  [[nodiscard]] bool caught_up() const { return caught_up_; }
  [[nodiscard]] const Items items() const;
  [[nodiscard]] const std::string& partition() const { return partition_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  struct Held {
    Seq seq{0};
    ContentHash hash;
    std::uint64_t pass = 0;
  };
  void begin_pass();
  void apply(const std::string& lines);
  std::string check(const Mark& mark, const History& history);

  std::string partition_;
  Cursor cursor_;
  std::map<std::string, Held> held_;
  std::uint64_t pass_ = 0;
  bool sweeping_ = false;  ///< within a pass begun at 0: what is of an older pass goes at the first caught-up mark
  bool caught_up_ = false;
  std::uint64_t refused_ = 0;
};

/// Copies one page from `upstream` to `replica`; what federation will do over the wire.
std::string copy_page(const Feed& upstream, Feed& replica, const std::string& partition, const PageLimits& limits);

}  // namespace meshgate::store
