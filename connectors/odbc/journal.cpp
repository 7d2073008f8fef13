#include "connectors/odbc/journal.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "connectors/odbc/position.hpp"
#include "connectors/odbc/table.hpp"

namespace meshgate::odbc {

namespace {

constexpr std::string_view kPrefix = "meshgate_journal_";
/// PostgreSQL takes 63 bytes of a name, MariaDB 64 characters; three are for the triggers' endings.
constexpr std::size_t kLongestName = 60;
constexpr std::size_t kIdsPerDelete = 1000;

std::string journal_name(const std::string& table) {
  std::string out = std::string(kPrefix) + table;
  if (out.size() <= kLongestName) return out;
  std::array<char, 18> hash{};
  std::snprintf(hash.data(), hash.size(), "_%016llx", static_cast<unsigned long long>(fingerprint(table, {})));
  std::size_t size = kLongestName - 17;
  while ((static_cast<unsigned char>(out[size]) & 0xC0U) == 0x80U) --size;  // not within a character
  return out.substr(0, size) + hash.data();
}

/// Values of these compare as equal only if they are the same.
bool exact(const Column& column) {
  const bool plain_operators = column.operators.empty() || column.operators == "pg_catalog";
  return plain_operators && (column.carry == Carry::int64 || column.carry == Carry::uint64 || column.carry == Carry::bytes);
}

/// The value as its bytes are.
std::string plain(Engine engine, const std::string& value) {
  switch (engine) {
    case Engine::postgresql: return "CAST(" + value + " AS text) COLLATE \"C\"";
    case Engine::mariadb: return "CAST(" + value + " AS BINARY)";
    default: return value + " COLLATE BINARY";
  }
}

Column number_column(const Dialect& dialect, const std::string& name, const std::string& value) {
  const char* type = dialect.engine() == Engine::mariadb ? "SIGNED" : dialect.engine() == Engine::sqlite ? "INTEGER" : "bigint";
  Column out{.name = name, .native = "bigint", .type = MG_INT64, .nullable = false, .carry = Carry::int64, .value = value};
  out.parameter = "CAST(? AS " + std::string(type) + ")";
  out.width = sizeof(std::int64_t);
  out.hidden = true;
  return out;
}

}  // namespace

Journal journal_of(const TableName& table, const std::string& schema) {
  const std::string& in = schema.empty() ? table.schema : schema;
  return {.table = {in, table.table}, .entries = {in, journal_name(table.table)}, .readers = {in, "meshgate_journal_readers"}};
}

std::string same_key(const Column& column, Engine engine, const std::string& left, const std::string& right) {
  const std::string equal = left + (column.operators.empty() ? " = " : " OPERATOR(" + column.operators + ".=) ") + right;
  return exact(column) ? equal : equal + " AND " + plain(engine, left) + " = " + plain(engine, right);
}

std::string another_key(const Column& column, Engine engine, const std::string& left, const std::string& right) {
  const std::string a = exact(column) ? left : plain(engine, left);
  const std::string b = exact(column) ? right : plain(engine, right);
  switch (engine) {
    case Engine::postgresql: return a + " IS DISTINCT FROM " + b;
    case Engine::mariadb: return "NOT (" + a + " <=> " + b + ")";
    default: return a + " IS NOT " + b;
  }
}

std::string not_in(const IdSet& done, const std::string& column) {
  std::string out;
  std::string from;  // behind the range before
  for (const auto& [first, last] : done.ranges()) {
    out += (out.empty() ? "" : " OR ") + std::string("(") + from + column + " < " + std::to_string(first) + ")";
    from = column + " > " + std::to_string(last) + " AND ";
  }
  if (out.empty()) return out;
  return "(" + out + " OR " + column + " > " + std::to_string(done.ranges().rbegin()->second) + ")";
}

std::vector<std::string> delete_statements(const Journal& journal, const Dialect& dialect, const IdSet& ids) {
  std::vector<std::string> out;
  std::size_t in_this = kIdsPerDelete;
  for (const auto& [first, last] : ids.ranges()) {
    for (std::int64_t id = first; id <= last; ++id) {
      if (in_this++ == kIdsPerDelete) {
        if (!out.empty()) out.back() += ")";
        out.push_back("DELETE FROM " + quoted(dialect, journal.entries) + " WHERE " + kEntryId + " IN (");
        in_this = 1;
      }
      out.back() += (in_this == 1 ? "" : ", ") + std::to_string(id);
    }
  }
  if (!out.empty()) out.back() += ")";
  return out;
}

std::shared_ptr<const Table> entries_of(const Table& table, const Journal& journal, const Dialect& dialect, const IdSet& done) {
  auto out = std::make_shared<Table>(table);
  std::string list;
  for (Column& column : out->columns) {
    const std::string name = dialect.quote(column.name);
    if (column.type != MG_NULL) list += std::string(column.key == 0 ? "r." : "j.") + name + ", ";
    if (column.key == 0) column.nullable = true;  // of a row that is gone
  }
  std::string join;
  for (const std::size_t at : table.key) {
    const std::string name = dialect.quote(table.columns[at].name);
    join += (join.empty() ? "" : " AND ") + same_key(table.columns[at], dialect.engine(), "r." + name, "j." + name);
  }
  const std::string key = dialect.quote(table.columns[table.key[0]].name);
  const std::string which = not_in(done, "j." + std::string(kEntryId));
  out->from = "(SELECT " + list + "j." + kEntryId + ", CASE WHEN j." + kEntryOp + " = 'T' THEN 2 WHEN r." + key + " IS NULL THEN 0 ELSE 1 END AS " + kEntryState +
              " FROM " + quoted(dialect, journal.entries) + " j LEFT JOIN " + table.from + " r ON " + join + (which.empty() ? "" : " WHERE " + which) + ")";
  out->columns.push_back(number_column(dialect, kEntryId, "t." + std::string(kEntryId)));
  out->order = {out->columns.size() - 1};
  out->columns.push_back(number_column(dialect, kEntryState, "t." + std::string(kEntryState)));
  return out;
}

std::shared_ptr<const Table> compared_with(const Table& table, const Journal& journal, const Dialect& dialect) {
  auto out = std::make_shared<Table>(table);
  std::string ours;
  std::string theirs;
  for (const std::size_t at : table.key) {
    const std::string name = dialect.quote(table.columns[at].name);
    ours += (ours.empty() ? "t." : ", t.") + name;
    theirs += (theirs.empty() ? "j." : ", j.") + name;
  }
  out->columns.push_back(number_column(dialect, kWaits, "CASE WHEN (" + ours + ") IN (SELECT " + theirs + " FROM " + quoted(dialect, journal.entries) + " j WHERE j." + kEntryOp +
                                                            " <> 'T') THEN 1 ELSE 0 END"));
  return out;
}

}  // namespace meshgate::odbc
