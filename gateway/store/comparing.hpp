#pragma once

#include <cstddef>
#include <string>

#include "gateway/store/feed.hpp"
#include "mesh/reconcile.hpp"

namespace meshgate::store {

/// What this node has of a partition, as a text to be read by parse_reconcile_answer(): where it stands, then the sums and the lines that were asked for.
/// Beyond `most` bytes ranges of lines are left for another question; one always comes. Reads no more than the ranges. Blocks.
Result<std::string> answer_of(const Feed& feed, const ReconcileQuestion& question, std::size_t most);

}  // namespace meshgate::store
