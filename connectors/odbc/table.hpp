#pragma once

#include <functional>
#include <string>
#include <vector>

#include "connectors/odbc/session.hpp"

namespace meshgate::odbc {

/// What a stream's settings ask of a table, or of a query in its place.
struct TableWish {
  std::string table;
  std::string query;  ///< as read_statement() gives it; empty: the table is read
  std::vector<std::string> key;
  std::vector<std::string> columns;
  std::string track;  ///< a column; empty: none

  [[nodiscard]] std::string said() const { return query.empty() ? "table '" + table + "'" : "the query"; }
};

/// For a FROM clause.
std::string quoted(const Dialect& dialect, const TableName& name);

/// The columns and key of a table, or of a query, out of the catalogue's rows. Pure. Fails (MG_CONFIG) where the table, a column or a usable key is missing.
sdk::Status describe(const Dialect& dialect, const TableWish& wish, const std::vector<std::vector<std::string>>& rows, Table& out);

/// All tables of the catalogue's rows, one call each.
void each_table(const Dialect& dialect, const std::vector<std::vector<std::string>>& rows, const std::function<bool(const Table&)>& found);

/// The same table with nothing but its key, and in the order of its tracked column.
std::shared_ptr<const Table> keys_of(const Table& table);
std::shared_ptr<const Table> changes_of(const Table& table);

/// As the host gets it.
sdk::Columns announce(const Table& table);

}  // namespace meshgate::odbc
