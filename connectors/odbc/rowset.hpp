#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/column.hpp"
#include "connectors/odbc/handle.hpp"
#include "connectors/odbc/value.hpp"

namespace meshgate::odbc {

/// The longest value that each column of a table has had so far, in bytes of the C type it is fetched in; nothing while none was met.
using Lengths = std::vector<std::optional<std::size_t>>;

/// Buffers for one array fetch of a table's carried columns, column by column. Their size is bounded; a value that does not fit is known
/// by cell() and must be had in another way.
class Rowset {
 public:
  Rowset(const Table& table, bool wide);

  /// Makes the buffers as wide as what was met so far suggests: rows that lie close together are fetched and read faster. Columns by
  /// which the rows are ordered keep their full width. Drops what was fetched.
  void fit(const Lengths& met);
  /// Adds what was fetched last.
  void measure(Lengths& met) const;
  /// Binds the buffers; fetching fills them from row 0 on.
  bool bind(SQLHSTMT statement);
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(fetched_); }
  void clear() { fetched_ = 0; }

  enum class Fit : std::uint8_t { whole, cut };
  /// `column` counts all columns of the table; one that is not carried is NULL. Wide text becomes UTF-8 in `storage`.
  Fit cell(std::size_t row, std::size_t column, std::string& storage, Cell& out) const;
  /// The place, from 1, of the first column whose value is of another storage class than its type; 0: none.
  [[nodiscard]] std::size_t odd(std::size_t row) const;

 private:
  struct Slot {
    SQLSMALLINT type = SQL_C_CHAR;
    std::size_t width = 0;
    std::size_t limit = 0;  // longest value that is taken to be whole
    std::size_t most = 0;   // the greatest limit; 0: the width is that of a number
    std::size_t end = 0;    // bytes that the driver puts behind a value
    std::size_t column = 0;
    std::unique_ptr<char[]> data;
    std::vector<SQLLEN> sizes;
  };
  static Slot slot_for(const Column& column, bool wide);
  void allocate();

  std::vector<Slot> slots_;
  std::vector<int> slot_of_column_;  // -1: not carried
  std::vector<bool> whole_;  // per column: is one of the order
  bool has_odd_ = false;
  std::size_t capacity_ = 1;
  SQLULEN fetched_ = 0;
};

}  // namespace meshgate::odbc
