#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "gateway/store/feed.hpp"

namespace meshgate::store {

/// Who may say what a feed is. Each promotion of a copy makes a greater one; of two with one term the greater epoch counts.
struct Claim {
  std::uint64_t term = 0;  ///< promotions since the feed was made
  Epoch epoch;             ///< that the promotion began; zero before the first
  auto operator<=>(const Claim&) const = default;
};

/// Which node is the origin of a feed, as far as it is known here.
struct Origination {
  Claim claim;                      ///< the greatest that was met, or this node's own
  std::optional<Claim> superseded;  ///< at what was the origin: by whose claim it has stepped down
  bool here = false;                ///< this node is the origin, or was until then
};
/// From memory, never blocks.
Origination origination(const Feed& feed);

/// Makes a copy the origin: a new epoch, a greater claim; readers get 410 and go on cheaply. Code::conflict: it is the origin already, or holds nothing
/// whole. Blocks.
Status promote(Feed& feed);
/// Another origin's claim was met. At a copy it is kept. At an origin a greater one counts: from then on nothing is committed here and nobody is told
/// "caught up". Code::conflict: what is known here is greater. Blocks.
Status meet(Feed& feed, const Claim& other);
/// Code::conflict: the copy that is here has gone over from that epoch to another, and does not take it again. An origin that is restored begins an epoch that
/// nobody has met, so whoever still gives the old one is a second origin, or a node that has fallen behind. Nor one that it does not know, of a moment before
/// what it holds: whoever gives it has not heard of ours. `as_of`, `loading`: as the other node says them. From memory, never blocks.
Status may_take(const Feed& feed, const Epoch& epoch, Micros as_of, bool loading);

/// What was the origin and has stepped down becomes a copy, with all it holds. Nothing at any other feed. Blocks.
Status become_copy(Feed& feed);

}  // namespace meshgate::store
