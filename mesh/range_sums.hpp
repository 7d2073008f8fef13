#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "mesh/bits128.hpp"
#include "mesh/ids.hpp"
#include "mesh/sha256.hpp"

namespace meshgate {

/// A part of a partition's order: the entries with after < seq <= to.
struct SeqRange {
  Seq after{0};
  Seq to{0};
  auto operator<=>(const SeqRange&) const = default;
};

/// What counts in a sum: every line as it is, or of those of items only where each one stands and what it is. A reader that keeps no lines has the second.
enum class Summed : std::uint8_t { lines, items };

/// How many entries, and the sum modulo 2^128 of the first 128 bits of each one's SHA-256. Equal sets of entries have equal sums.
struct EntrySum {
  std::uint64_t count = 0;
  Bits128 sum;
  bool operator==(const EntrySum&) const = default;
  EntrySum& operator+=(const EntrySum& other) {
    count += other.count;
    sum += other.sum;
    return *this;
  }
};

/// A piece of a range: what lies behind the piece before it, up to `to`.
struct RangePart {
  Seq to{0};
  EntrySum sum;
  bool operator==(const RangePart&) const = default;
};

/// The seq of a put, gone or trim line; nothing for any other line.
std::optional<Seq> seq_of_line(std::string_view line);

/// An entry of the order, and what it counts for in a sum.
using TakeEntry = std::function<void(Seq, const Bits128&)>;

/// Hands on the entries of whole lines, each with its '\n'; lines of other kinds between them are passed over. Gone lines up to the floor are left out: one
/// node may have purged what another still has.
void each_entry(std::string_view lines, Summed by, Seq floor, const TakeEntry& take);

/// What an item counts for by `Summed::items`: the hash of "<seq> <its content hash>".
class ItemSummer {
 public:
  [[nodiscard]] Bits128 sum(Seq seq, std::string_view content_hash);

 private:
  Sha256 hash_;
};

/// Sums the entries of one pass over a range.
class RangeSummer {
 public:
  RangeSummer(SeqRange range, Summed by, Seq floor) : range_(range), by_(by), floor_(floor) {}

  /// See each_entry(); in their order.
  void add(std::string_view lines);
  /// The range in at most `most` pieces of about the same count, which cover it.
  [[nodiscard]] std::vector<RangePart> parts(std::size_t most) const;

 private:
  void add_entry(Seq seq, const Bits128& sum);
  void merge();

  const SeqRange range_;
  const Summed by_;
  const Seq floor_;
  std::vector<RangePart> pieces_;
  std::uint64_t width_ = 1;  ///< entries in a piece
};

/// The sums of entries over given pieces of a range.
class PartSummer {
 public:
  /// `ends`: where each piece ends, ascending.
  explicit PartSummer(std::vector<Seq> ends);

  /// In their order.
  void add(Seq seq, const Bits128& sum);
  /// One for each end.
  [[nodiscard]] const std::vector<EntrySum>& sums() const { return sums_; }

 private:
  const std::vector<Seq> ends_;
  std::vector<EntrySum> sums_;
  std::size_t at_ = 0;
};

}  // namespace meshgate
