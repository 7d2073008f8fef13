#pragma once

#include <cstdint>
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

/// How many lines, and the sum modulo 2^128 of the first 128 bits of each one's SHA-256. Equal sets of lines have equal sums.
struct LineSum {
  std::uint64_t count = 0;
  Bits128 sum;
  bool operator==(const LineSum&) const = default;
  LineSum& operator+=(const LineSum& other) {
    count += other.count;
    sum += other.sum;
    return *this;
  }
};

/// A piece of a range: what lies behind the piece before it, up to `to`.
struct RangePart {
  Seq to{0};
  LineSum sum;
  bool operator==(const RangePart&) const = default;
};

/// The seq of a put, gone or trim line; nothing for any other line.
std::optional<Seq> seq_of_line(std::string_view line);

/// Sums the lines of one pass over a range. Gone lines up to the floor are left out: one node may have purged what another still has.
class RangeSummer {
 public:
  RangeSummer(SeqRange range, Seq floor) : range_(range), floor_(floor) {}

  /// Whole lines, each with its '\n', in their order; lines of other kinds between them are passed over.
  void add(std::string_view lines);
  /// The range in at most `most` pieces of about the same count, which cover it.
  [[nodiscard]] std::vector<RangePart> parts(std::size_t most) const;

 private:
  void add_line(Seq seq, std::string_view line);
  void merge();

  const SeqRange range_;
  const Seq floor_;
  Sha256 hash_;
  std::vector<RangePart> pieces_;
  std::uint64_t width_ = 1;  ///< lines in a piece
};

/// The sums of these lines over given pieces of a range.
class PartSummer {
 public:
  /// `ends`: where each piece ends, ascending.
  PartSummer(std::vector<Seq> ends, Seq floor);

  void add(std::string_view lines);
  /// One for each end.
  [[nodiscard]] const std::vector<LineSum>& sums() const { return sums_; }

 private:
  const std::vector<Seq> ends_;
  const Seq floor_;
  Sha256 hash_;
  std::vector<LineSum> sums_;
  std::size_t at_ = 0;
};

/// The seqs of these lines, without those of gone lines up to the floor.
void append_seqs(std::string_view lines, Seq floor, std::vector<Seq>& out);

}  // namespace meshgate
