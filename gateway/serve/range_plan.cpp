#include "gateway/serve/range_plan.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

namespace meshgate::serve {

namespace {

constexpr std::uint64_t kLeastCell = 64;
constexpr std::uint64_t kMostCells = 16384;

/// Halves blocks until they fit.
class Cutting {
 public:
  Cutting(const Grain& grain, const std::function<bool(const Part&)>& keep) : grain_(grain), keep_(keep), before_(grain.weights.size() + 1) {
    std::partial_sum(grain.weights.begin(), grain.weights.end(), before_.begin() + 1);
  }

  void take(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t cells = grain_.weights.size();
    if (first >= cells) return;
    if (first + count <= cells && (count == 1 || fits(first, count))) {
      parts.push_back(part(first, count));
      return;
    }
    take(first, count / 2);
    take(first + count / 2, count / 2);
  }

  std::vector<Part> parts;

 private:
  [[nodiscard]] Part part(std::uint64_t first, std::uint64_t count) const {
    return {Seq{first * grain_.cell}, Seq{(first + count) * grain_.cell}};
  }
  [[nodiscard]] bool fits(std::uint64_t first, std::uint64_t count) const {
    return before_[first + count] - before_[first] <= grain_.most || keep_(part(first, count));
  }

  const Grain& grain_;
  const std::function<bool(const Part&)>& keep_;
  std::vector<std::uint64_t> before_;
};

}  // namespace

std::vector<Part> cut(const Grain& grain, const std::function<bool(const Part&)>& keep) {
  if (grain.weights.empty()) return {};
  Cutting cutting(grain, keep);
  cutting.take(0, std::bit_ceil(grain.weights.size()));
  return std::move(cutting.parts);
}

std::uint64_t cell_of(std::uint64_t line_bytes, std::uint64_t part_bytes, Seq head) {
  std::uint64_t cell = std::max(kLeastCell, std::bit_floor(part_bytes / std::max<std::uint64_t>(line_bytes, 1)));
  while (number(head) / cell > kMostCells) cell *= 2;
  return cell;
}

}  // namespace meshgate::serve
