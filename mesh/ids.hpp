#pragma once

#include <compare>
#include <cstdint>

#include "mesh/bits128.hpp"

namespace meshgate {

/// A feed's commit counter. 0 is "before the first".
enum class Seq : std::uint64_t {};

constexpr std::uint64_t number(Seq seq) { return static_cast<std::uint64_t>(seq); }
constexpr Seq next(Seq seq) { return Seq{number(seq) + 1}; }

/// Changes only when a feed's order cannot be continued. Zero is "no epoch".
struct Epoch {
  Bits128 bits;
  auto operator<=>(const Epoch&) const = default;
};

/// A feed's identity under whatever name it has.
struct FeedUid {
  Bits128 bits;
  auto operator<=>(const FeedUid&) const = default;
};

}  // namespace meshgate
