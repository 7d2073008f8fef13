#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/device/arena.hpp"
#include "gateway/device/cell.hpp"
#include "mesh/value.hpp"

namespace meshgate::device {

/// One field of a feed and the column that holds it.
struct Column {
  std::string field;
  std::string name;  ///< the column; differs from the field where SQLite cannot tell two names apart
  Type type = Type::text;
};

/// What follows the column's name in CREATE TABLE; empty where SQLite must not bend values to an affinity.
std::string_view declared(Type type);

/// Content to columns and back. Works on bytes only: the columns say exactly what the content says when each value would be written
/// from its cell as it stands.
class Columns {
 public:
  Columns() = default;
  explicit Columns(std::vector<Column> columns);

  /// Sorted by field name.
  [[nodiscard]] const std::vector<Column>& all() const { return columns_; }
  [[nodiscard]] const Column* find(std::string_view field) const;

  /// True: append_content(cells) gives `content` bit by bit. False: it does not; the content itself must be kept beside the cells,
  /// which hold what could be read. `cells`: one NULL cell per column. Their text borrows from `content`, or from `texts` where it
  /// had to be unescaped or decoded.
  bool split(std::string_view content, std::span<Cell> cells, Arena& texts) const;

  /// Canonical JSON of the cells; NULL cells are omitted.
  void append_content(std::string& out, std::span<const Cell> cells) const;

 private:
  /// Which column's field begins `rest`, searched from `from` on; the number of columns when none does.
  [[nodiscard]] std::size_t column_at(std::string_view rest, std::size_t from) const;

  std::vector<Column> columns_;
  std::vector<std::string> openings_;  ///< "name": as it stands in canonical content
};

}  // namespace meshgate::device
