#include "connectors/odbc/result.hpp"

#include <algorithm>

namespace meshgate::odbc {

namespace {

/// SQLite calls the second column `a` of a subquery `a:1`.
std::string plain(Engine engine, const std::string& name, const std::vector<ResultColumn>& columns) {
  const std::size_t colon = name.rfind(':');
  if (engine != Engine::sqlite || colon == name.npos || name.find_first_not_of("0123456789", colon + 1) != name.npos) return name;
  const std::string before = name.substr(0, colon);
  return std::ranges::find(columns, before, &ResultColumn::name) == columns.end() ? name : before;
}

/// Puts `by_number` where the database says so.
Diagnosis see_through(Session& session, const std::string& query, std::vector<ResultColumn>& columns) {
  const std::string question = session.dialect().by_number_query(query, columns);
  if (question.empty()) return {};
  std::vector<ResultColumn> numbers;
  if (Diagnosis failed = session.describe(question, numbers); !failed.ok()) return failed;
  for (std::size_t i = 0; i < std::min(numbers.size(), columns.size()); ++i) columns[i].by_number = numbers[i].type != "double";
  return {};
}

}  // namespace

std::string unnamed(Engine engine, const std::vector<ResultColumn>& columns) {
  if (columns.empty()) return "the query gives no columns: name some behind SELECT";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string& name = columns[i].name;
    // What PostgreSQL calls an expression.
    if (name.empty() || name == "?column?") return "column " + std::to_string(i + 1) + " of the query has no name: give it one with AS";
    const std::string same = plain(engine, name, columns);
    const auto first = std::ranges::find(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(i), same, &ResultColumn::name);
    if (first == columns.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    return "columns " + std::to_string(first - columns.begin() + 1) + " and " + std::to_string(i + 1) + " of the query are both called '" + same + "': give each a name of its own with AS";
  }
  return {};
}

Diagnosis look_at_result(Session& session, const std::string& query, std::vector<std::vector<std::string>>& rows, std::string& fault) {
  const Dialect& dialect = session.dialect();
  std::vector<ResultColumn> columns;
  if (Diagnosis failed = session.describe("SELECT * FROM " + in_brackets(query) + " AS t WHERE 1 = 0", columns); !failed.ok()) return failed;
  fault = unnamed(dialect.engine(), columns);
  if (!fault.empty()) return {};
  if (Diagnosis failed = see_through(session, query, columns); !failed.ok()) return failed;
  const Inquiry inquiry = dialect.result_inquiry(query, columns);
  for (const std::string& sql : inquiry.before) {
    if (Diagnosis failed = session.run(sql); !failed.ok()) return failed;
  }
  if (Diagnosis failed = session.texts(inquiry.question, rows); !failed.ok()) return failed;
  for (const std::string& sql : inquiry.after) {
    if (Diagnosis failed = session.run(sql); !failed.ok()) return failed;
  }
  return {};
}

}  // namespace meshgate::odbc
