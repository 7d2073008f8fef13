#include "connectors/odbc/rows.hpp"

#include <charconv>

namespace meshgate::odbc {

namespace {

constexpr std::size_t kPortionBytes = 4U << 20;

SQLSMALLINT c_type(Carry carry) {
  switch (carry) {
    case Carry::int64: return SQL_C_SBIGINT;
    case Carry::uint64: return SQL_C_UBIGINT;
    case Carry::float64: return SQL_C_DOUBLE;
    case Carry::bytes: return SQL_C_BINARY;
    default: return SQL_C_CHAR;
  }
}

}  // namespace

Diagnosis Rows::open(Session& session) {
  session_ = session.shared_from_this();
  if (Diagnosis failed = session.still_there(); !failed.ok()) return failed;
  const Condition where = of_keys(*table_, session.dialect(), keys_.size());
  const std::size_t width = table_->key.size();
  std::vector<Parameter> parameters;
  for (const std::size_t number : where.parameters) {
    const Column& column = table_->columns[table_->key[number % width]];
    parameters.push_back({keys_[number / width][number % width], column.carry == Carry::bytes});
  }
  return session.execute(rows_query(*table_, where.sql), parameters, statement_);
}

Diagnosis Rows::fetch_row(Session& session, std::size_t& bytes) {
  Row& row = portion_.emplace_back(table_->columns.size());
  SQLUSMALLINT number = 0;
  for (std::size_t i = 0; i < table_->columns.size(); ++i) {
    const Column& column = table_->columns[i];
    if (column.type == MG_NULL) continue;
    if (Diagnosis failed = session.get(statement_, ++number, c_type(column.carry), row[i]); !failed.ok()) return failed;
    if (row[i]) bytes += row[i]->size();
  }
  std::size_t& odd = odd_.emplace_back(0);
  if (!has_odd(*table_)) return {};
  std::optional<std::string> text;
  Diagnosis failed = session.get(statement_, ++number, SQL_C_CHAR, text);
  if (text) std::from_chars(text->data(), text->data() + text->size(), odd);
  return failed;
}

Diagnosis Rows::advance(Session& session) {
  portion_.clear();
  odd_.clear();
  if (session_ == nullptr) {
    if (Diagnosis failed = open(session); !failed.ok()) return failed;
  }
  for (std::size_t bytes = 0; bytes < kPortionBytes;) {
    if (Diagnosis failed = session.fetch(statement_, done_); !failed.ok()) return failed;
    if (done_) break;
    if (Diagnosis failed = fetch_row(session, bytes); !failed.ok()) return failed;
    bytes += 64;
  }
  if (done_) statement_ = {}, session_.reset();
  return {};
}

}  // namespace meshgate::odbc
