#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <vector>

#include "mesh/ids.hpp"

namespace meshgate::serve {

/// A part of a partition's order: what has after < seq <= to.
struct Part {
  Seq after{0};
  Seq to{0};
  auto operator<=>(const Part&) const = default;
};

/// How an order may be cut: in cells of a power of two of seqs.
struct Grain {
  std::uint64_t cell = 1;
  std::vector<std::uint64_t> weights;  ///< of each whole cell, from 0 on
  std::uint64_t most = 0;              ///< what a part of several cells may weigh
};

/// Parts that follow each other from 0 on and cover the cells. Each is an aligned power of two of cells: the largest that weighs no more than
/// `most`, or that `keep` wants. So where an order only grows, and only loses what lies behind, parts stay what they are.
std::vector<Part> cut(const Grain& grain, const std::function<bool(const Part&)>& keep);

/// The cell for lines of about `line_bytes` on average in an order of so many seqs: a part of one cell holds at most about `part_bytes`.
std::uint64_t cell_of(std::uint64_t line_bytes, std::uint64_t part_bytes, Seq head);

}  // namespace meshgate::serve
