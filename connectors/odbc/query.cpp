#include "connectors/odbc/query.hpp"

#include <algorithm>
#include <utility>

namespace meshgate::odbc {

namespace {

struct Ordered {
  std::string name;
  const std::string& parameter;
  const std::string& operators;
  bool null_behind;  // its NULLs come after every value

  [[nodiscard]] std::string compared(const std::string& sign) const {
    return name + (operators.empty() ? " " + sign + " " : " OPERATOR(" + operators + "." + sign + ") ") + parameter;
  }
};

Ordered ordered(const Column& column, const Dialect& dialect) {
  return {dialect.quote(column.name), column.parameter, column.operators, column.nullable && dialect.nulls_last()};
}

void append_behind(Condition& out, const Table& table, const Dialect& dialect, std::size_t place) {
  const Ordered column = ordered(table.columns[table.order[place]], dialect);
  const bool last = place + 1 == table.order.size();
  const bool bracket = !last || column.null_behind;
  if (bracket) out.sql += "(";
  out.sql += column.compared(">");
  out.parameters.push_back(place);
  if (column.null_behind) out.sql += " OR " + column.name + " IS NULL";
  if (!last) {
    out.sql += " OR (" + column.compared("=") + " AND ";
    out.parameters.push_back(place);
    append_behind(out, table, dialect, place + 1);
    out.sql += ")";
  }
  if (bracket) out.sql += ")";
}

}  // namespace

Condition behind(const Table& table, const Dialect& dialect) {
  Condition out;
  const Ordered first = ordered(table.columns[table.order[0]], dialect);
  if (table.order.size() > 1 && !first.null_behind) {
    // Said twice, so that the database can start in its index.
    out.sql = first.compared(">=") + " AND ";
    out.parameters.push_back(0);
  }
  append_behind(out, table, dialect, 0);
  return out;
}

Condition of_keys(const Table& table, const Dialect& dialect, std::size_t count) {
  Condition out;
  for (std::size_t i = 0; i < count; ++i) {
    out.sql += i == 0 ? "(" : " OR (";
    for (std::size_t place = 0; place < table.key.size(); ++place) {
      const Ordered column = ordered(table.columns[table.key[place]], dialect);
      out.sql += (place == 0 ? "" : " AND ") + column.compared("=");
      out.parameters.push_back(i * table.key.size() + place);
    }
    out.sql += ")";
  }
  return out;
}

bool has_odd(const Table& table) {
  return std::ranges::any_of(table.columns, [](const Column& column) { return !column.odd.empty(); });
}

std::string select_list(const Table& table, bool heads) {
  std::string out;
  std::string odd_key;
  std::string odd;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (column.type == MG_NULL) continue;
    if (!out.empty()) out += ", ";
    out += heads && column.key == 0 && !column.head.empty() ? column.head : column.value;
    if (!column.odd.empty()) (column.key == 0 ? odd : odd_key) += " WHEN " + column.odd + " THEN " + std::to_string(i + 1);
  }
  if (has_odd(table)) out += ", CASE" + odd_key + odd + " ELSE 0 END";
  return out;
}

std::string scan_query(const Table& table, const Dialect& dialect, const std::string& where, std::size_t limit, std::size_t offset) {
  // The alias keeps a bare name in ORDER BY from meaning the selected text of a column instead of the column.
  std::string out = "SELECT " + select_list(table, true) + " FROM " + table.from + " AS t";
  if (!where.empty()) out += " WHERE " + where;
  const char* comma = " ORDER BY t.";
  for (const std::size_t at : table.order) out += std::exchange(comma, ", t.") + dialect.quote(table.columns[at].name);
  if (limit > 0) out += " LIMIT " + std::to_string(limit);
  if (offset > 0) out += " OFFSET " + std::to_string(offset);
  return out;
}

std::string rows_query(const Table& table, const std::string& where) { return "SELECT " + select_list(table, false) + " FROM " + table.from + " AS t WHERE " + where; }

}  // namespace meshgate::odbc
