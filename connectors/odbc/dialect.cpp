#include "connectors/odbc/dialect.hpp"

#include <algorithm>
#include <array>

#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

std::optional<TableName> parse_table_name(std::string_view text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      parts.back() += text[++i];
    } else if (c == '"' && (quoted || parts.back().empty())) {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (quoted || parts.size() > 2 || parts.back().empty()) return std::nullopt;
  if (parts.size() == 1) return TableName{"", parts[0]};
  if (parts[0].empty()) return std::nullopt;
  return TableName{parts[0], parts[1]};
}

std::string written(const TableName& name) {
  const auto part = [](const std::string& text) {
    return text.find_first_of(".\"") == text.npos ? text : "\"" + replaced(text, "\"", "\"\"") + "\"";
  };
  return (name.schema.empty() ? "" : part(name.schema) + ".") + part(name.table);
}

std::string in_brackets(const std::string& query) { return "(\n" + query + "\n)"; }

bool names_geometry(std::string_view type) {
  constexpr std::array<std::string_view, 4> kWords = {"geometry", "point", "linestring", "polygon"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return type.find(word) != type.npos; });
}

std::unique_ptr<Dialect> dialect_for_driver(std::string_view driver) {
  const std::string name = lower(driver);
  const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
  if (has("postgres") || has("psqlodbc")) return postgresql_dialect();
  if (has("maria") || has("maodbc")) return mariadb_dialect();
  if (has("sqlite")) return sqlite_dialect();
  return nullptr;
}

}  // namespace meshgate::odbc
