#include "connectors/odbc/table.hpp"

#include <algorithm>
#include <charconv>

#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

CatalogColumn catalog_column(const std::vector<std::string>& row) {
  CatalogColumn out;
  if (row.size() < 6) return out;
  out.table = row[0];
  out.name = row[1];
  out.type = row[2];
  out.native = row[3];
  out.nullable = row[4] != "0";
  std::from_chars(row[5].data(), row[5].data() + row[5].size(), out.key);
  out.details.assign(row.begin() + 6, row.end());
  return out;
}

/// Letters count exactly where some column has them so; otherwise case is ignored.
CatalogColumn* find(std::vector<CatalogColumn>& columns, std::string_view name) {
  const auto exact = std::ranges::find(columns, name, &CatalogColumn::name);
  if (exact != columns.end()) return &*exact;
  const auto loose = std::ranges::find_if(columns, [&](const CatalogColumn& column) { return same_word(column.name, name); });
  return loose == columns.end() ? nullptr : &*loose;
}

std::string listed(const std::vector<CatalogColumn>& columns) {
  std::string out;
  for (const CatalogColumn& column : columns) out += (out.empty() ? "" : ", ") + column.name;
  return out;
}

sdk::Status missing_column(const TableWish& wish, std::string_view name, const std::vector<CatalogColumn>& columns) {
  return sdk::failure(MG_CONFIG, wish.said() + " has no column '" + std::string(name) + "': it has " + listed(columns));
}

void collect_key(Table& table) {
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].key != 0) table.key.push_back(i);
  }
  std::ranges::sort(table.key, {}, [&](std::size_t i) { return table.columns[i].key; });
  table.order = table.key;
}

/// `key:` overrides the primary key.
sdk::Status apply_key(const TableWish& wish, std::vector<CatalogColumn>& columns) {
  if (wish.key.empty()) return {};
  for (CatalogColumn& column : columns) column.key = 0;
  for (std::size_t i = 0; i < wish.key.size(); ++i) {
    CatalogColumn* column = find(columns, wish.key[i]);
    if (column == nullptr) return missing_column(wish, wish.key[i], columns);
    if (column->key != 0) return sdk::failure(MG_CONFIG, "`key` names the column '" + wish.key[i] + "' twice: name it once");
    column->key = static_cast<std::uint32_t>(i + 1);
  }
  return {};
}

sdk::Status apply_columns(const TableWish& wish, std::vector<CatalogColumn>& columns) {
  if (wish.columns.empty()) return {};
  std::vector<std::string> wanted;
  for (const std::string& name : wish.columns) {
    const CatalogColumn* column = find(columns, name);
    if (column == nullptr) return missing_column(wish, name, columns);
    wanted.push_back(column->name);
  }
  std::erase_if(columns, [&](const CatalogColumn& column) { return column.key == 0 && std::ranges::find(wanted, column.name) == wanted.end(); });
  return {};
}

/// The tracked column is read also where `columns:` leaves it out.
sdk::Status apply_track(const Dialect& dialect, const TableWish& wish, std::vector<CatalogColumn>& all, Table& out) {
  if (wish.track.empty()) return {};
  const CatalogColumn* column = find(all, wish.track);
  if (column == nullptr) return missing_column(wish, wish.track, all);
  const auto read = std::ranges::find(out.columns, column->name, &Column::name);
  out.track = static_cast<std::size_t>(read - out.columns.begin());
  if (read != out.columns.end()) return {};
  out.columns.push_back(dialect.column(*column));
  out.columns.back().hidden = true;
  return {};
}

sdk::Status check_key(const TableWish& wish, const Table& table) {
  if (table.key.empty() && !wish.query.empty()) return sdk::failure(MG_CONFIG, "a query has no key of its own: name the columns that tell its rows apart in `key: [ … ]`");
  if (table.key.empty()) {
    return sdk::failure(MG_CONFIG, "table '" + wish.table + "' has no primary key: name columns that tell its rows apart in `key: [ … ]`");
  }
  for (const std::size_t at : table.key) {
    const Column& column = table.columns[at];
    const std::string why = column.type == MG_NULL ? "values of type " + column.native + " cannot be carried" : column.unordered;
    if (why.empty()) continue;
    return sdk::failure(MG_CONFIG, "column '" + column.name + "' of " + wish.said() + " cannot be in the key: " + why + "; name other columns in `key: [ … ]`");
  }
  return {};
}

}  // namespace

std::string quoted(const Dialect& dialect, const TableName& name) {
  return (name.schema.empty() ? "" : dialect.quote(name.schema) + ".") + dialect.quote(name.table);
}

sdk::Status describe(const Dialect& dialect, const TableWish& wish, const std::vector<std::vector<std::string>>& rows, Table& out) {
  const auto name = wish.query.empty() ? parse_table_name(wish.table) : std::nullopt;
  if (!name && wish.query.empty()) return sdk::failure(MG_CONFIG, "'" + wish.table + "' is no table name: write `table`, `schema.table` or `\"odd.schema\".\"odd table\"`");
  std::vector<CatalogColumn> columns;
  for (const std::vector<std::string>& row : rows) columns.push_back(catalog_column(row));
  if (sdk::Status failed = apply_key(wish, columns); !failed.ok()) return failed;
  std::vector<CatalogColumn> all = columns;
  if (sdk::Status failed = apply_columns(wish, columns); !failed.ok()) return failed;
  out = {};
  out.name = wish.query.empty() ? wish.table : wish.query;
  out.said = wish.said();
  out.named = name;
  out.from = name ? quoted(dialect, *name) : in_brackets(wish.query);
  out.declared_key = !wish.key.empty();
  for (const CatalogColumn& column : columns) out.columns.push_back(dialect.column(column));
  if (sdk::Status failed = apply_track(dialect, wish, all, out); !failed.ok()) return failed;
  collect_key(out);
  return check_key(wish, out);
}

void each_table(const Dialect& dialect, const std::vector<std::vector<std::string>>& rows, const std::function<bool(const Table&)>& found) {
  Table table;
  for (const std::vector<std::string>& row : rows) {
    const CatalogColumn column = catalog_column(row);
    if (column.table != table.name && !table.columns.empty()) {
      collect_key(table);
      if (!found(table)) return;
      table = {};
    }
    table.name = column.table;
    table.columns.push_back(dialect.column(column));
  }
  if (table.columns.empty()) return;
  collect_key(table);
  found(table);
}

std::shared_ptr<const Table> keys_of(const Table& table) {
  auto out = std::make_shared<Table>(table);
  for (Column& column : out->columns) {
    if (column.key == 0) column.type = MG_NULL, column.odd.clear();
  }
  return out;
}

std::shared_ptr<const Table> changes_of(const Table& table) {
  auto out = std::make_shared<Table>(table);
  if (!out->track) return out;
  out->columns[*out->track].nullable = false;  // rows without a value are left out
  out->order.insert(out->order.begin(), *out->track);
  return out;
}

sdk::Columns announce(const Table& table) {
  sdk::Columns out;
  for (const Column& column : table.columns) {
    if (!column.hidden) out.add(column.name, column.type, column.native, column.nullable, column.key);
  }
  return out;
}

}  // namespace meshgate::odbc
