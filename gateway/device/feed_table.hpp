#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/device/columns.hpp"
#include "gateway/device/sqlite.hpp"
#include "mesh/ids.hpp"
#include "mesh/item.hpp"

namespace meshgate::device {

/// What a row says about itself.
struct Kept {
  std::string rev;
  std::int64_t seq = 0;
  bool plain = true;  ///< the columns say all of the content
};

/// A row to be written. `cells` spare the table to split the content, if they were split by the columns that it has.
struct NewRow {
  std::string_view id;
  std::string_view rev;
  Seq seq{0};
  std::string_view content;
  std::span<const Cell> cells{};
  bool plain = false;
  const Columns* split_by = nullptr;
};

/// The table of one feed: _id, _rev, _seq, _content, then one column per field. `_content` is NULL where the columns say all.
class FeedTable {
 public:
  /// Makes the table if it is not there.
  static Status create(Database& database, const std::string& table, const Columns& columns);
  /// Prepares the statements; to be called again when columns were added.
  static Result<FeedTable> open(Database& database, const std::string& table, Columns columns);

  /// Puts a new row; false when the id is there already and nothing was written.
  Result<bool> insert(const NewRow& row);
  Status update(const NewRow& row);
  Result<std::optional<Kept>> find(std::string_view id);
  Status set_seq(std::string_view id, Seq seq);
  Status set_rev(std::string_view id, std::string_view rev);
  Status remove(std::string_view id);

  /// One row of each(): views live for the call.
  struct Seen {
    std::int64_t rowid = 0;
    std::string_view id;
    std::string_view rev;
    std::string_view content;
  };
  /// Up to `limit` rows after `rowid` in rowid order; calls take(row) for each and gives the last rowid, 0 at the end.
  template <class Take>
  Result<std::int64_t> each(std::int64_t after, std::int64_t limit, Take take) {
    read_.bind(1, after);
    read_.bind(2, limit);
    std::int64_t last = 0;
    for (;;) {
      auto row = read_.step();
      if (!row) return std::move(row).error();
      if (!*row) return last;
      const Seen seen = current();
      last = seen.rowid;
      take(seen);
    }
  }

  [[nodiscard]] const Columns& columns() const { return *columns_; }
  /// For those who split contents without the table; it keeps these until it is opened again.
  [[nodiscard]] std::shared_ptr<const Columns> shared_columns() const { return columns_; }
  [[nodiscard]] const std::string& table() const { return table_; }

 private:
  void bind_row(Statement& statement, const NewRow& row);
  void bind_cells(Statement& statement, const NewRow& row, std::span<const Cell> cells, bool plain);
  /// The row that read_ stands on, its content put together from the columns.
  Seen current();

  Database* database_ = nullptr;
  std::string table_;
  std::shared_ptr<const Columns> columns_;
  std::vector<Cell> cells_;
  Arena texts_;
  std::string content_;
  Statement insert_, update_, find_, set_seq_, set_rev_, remove_, read_;
};

}  // namespace meshgate::device
