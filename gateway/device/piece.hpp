#pragma once

#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

#include "gateway/device/arena.hpp"
#include "gateway/device/feed_table.hpp"
#include "mesh/lines.hpp"

namespace meshgate::device {

/// An item whose content is what its revision says.
struct Put {
  ContentHash hash;
  NewRow row;
};

using Change = std::variant<Put, GoneLine, TrimLine>;

/// What a stream brings between two marks, checked and split into columns: what is applied at once or not at all. Owns its texts.
struct Piece {
  std::shared_ptr<const Columns> columns;  ///< its rows were split by
  std::vector<Change> changes;
  Mark mark;
  std::size_t wire_bytes = 0;
  std::size_t memory = 0;  ///< about what it holds
  Arena arena;
};

}  // namespace meshgate::device
