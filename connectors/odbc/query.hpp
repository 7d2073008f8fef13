#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "connectors/odbc/column.hpp"
#include "connectors/odbc/dialect.hpp"

namespace meshgate::odbc {

/// SQL with `?`, and for each of them the place in the order, or in the key, whose value it takes.
struct Condition {
  std::string sql;
  std::vector<std::size_t> parameters;
};

/// Rows behind one of them, in the table's order: a >= ? AND (a > ? OR (a = ? AND b > ?)). Columns that may be NULL are compared as the
/// database orders them.
Condition behind(const Table& table, const Dialect& dialect);
/// Rows of `count` keys; parameters run through the first key, then the second, …
Condition of_keys(const Table& table, const Dialect& dialect, std::size_t count);

/// The carried columns, in order, then (where a column can be odd) the place, from 1, of an odd one, of the key's first, or 0.
/// `heads`: only the beginning of values that may be long.
std::string select_list(const Table& table, bool heads);
bool has_odd(const Table& table);

/// SELECT … FROM … [WHERE …] ORDER BY … [LIMIT n [OFFSET m]]; limit 0: none.
std::string scan_query(const Table& table, const Dialect& dialect, const std::string& where, std::size_t limit, std::size_t offset = 0);
/// SELECT whole values FROM … WHERE …
std::string rows_query(const Table& table, const std::string& where);

}  // namespace meshgate::odbc
