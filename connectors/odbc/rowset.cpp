#include "connectors/odbc/rowset.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "connectors/odbc/query.hpp"
#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

constexpr std::size_t kMostRows = 1000;
constexpr std::size_t kMostBytes = 8U << 20;
constexpr std::size_t kLeastLimit = 64;

}  // namespace

Rowset::Slot Rowset::slot_for(const Column& column, bool wide) {
  Slot out;
  const std::size_t longest = column.width == 0 ? kHead : std::min(column.width, kHead);
  switch (column.carry) {
    case Carry::int64: out.type = SQL_C_SBIGINT; break;
    case Carry::uint64: out.type = SQL_C_UBIGINT; break;
    case Carry::float64: out.type = SQL_C_DOUBLE; break;
    case Carry::ascii: out.type = SQL_C_CHAR; break;
    case Carry::text: out.type = wide ? SQL_C_WCHAR : SQL_C_CHAR; break;
    case Carry::bytes: out.type = SQL_C_BINARY; break;
  }
  if (out.type != SQL_C_CHAR && out.type != SQL_C_WCHAR && out.type != SQL_C_BINARY) {
    out.limit = out.width = sizeof(std::int64_t);
    return out;
  }
  const std::size_t unit = out.type == SQL_C_WCHAR ? sizeof(SQLWCHAR) : 1;
  out.limit = out.most = longest * unit;
  out.end = out.type == SQL_C_BINARY ? 0 : unit;
  out.width = out.limit + out.end;
  return out;
}

Rowset::Rowset(const Table& table, bool wide) : whole_(table.columns.size()), has_odd_(odbc::has_odd(table)) {
  for (const std::size_t at : table.order) whole_[at] = true;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    slot_of_column_.push_back(column.type == MG_NULL ? -1 : static_cast<int>(slots_.size()));
    if (column.type == MG_NULL) continue;
    slots_.push_back(slot_for(column, wide));
    slots_.back().column = i;
  }
  if (has_odd_) slots_.push_back(slot_for(Column{.carry = Carry::int64}, wide));
  allocate();
}

void Rowset::allocate() {
  std::size_t row_bytes = 1;
  for (const Slot& slot : slots_) row_bytes += slot.width + sizeof(SQLLEN);
  capacity_ = std::clamp<std::size_t>(kMostBytes / row_bytes, 1, kMostRows);
  for (Slot& slot : slots_) {
    slot.data = std::make_unique_for_overwrite<char[]>(slot.width * capacity_);
    slot.sizes.resize(capacity_);
  }
}

void Rowset::fit(const Lengths& met) {
  clear();
  bool changed = false;
  for (Slot& slot : slots_) {
    if (slot.most == 0 || whole_[slot.column] || !met[slot.column]) continue;
    const std::size_t limit = std::min(slot.most, std::bit_ceil(std::max(kLeastLimit, std::min(slot.most, *met[slot.column]) * 2)));
    if (limit == slot.limit) continue;
    slot.limit = limit;
    slot.width = limit + slot.end;
    changed = true;
  }
  if (changed) allocate();
}

void Rowset::measure(Lengths& met) const {
  for (const Slot& slot : slots_) {
    if (slot.most == 0) continue;
    std::size_t longest = met[slot.column].value_or(0);
    for (std::size_t row = 0; row < rows(); ++row) {
      const SQLLEN size = slot.sizes[row];
      if (size >= 0) longest = std::max(longest, static_cast<std::size_t>(size));
      if (size == SQL_NO_TOTAL) longest = slot.most;
    }
    if (rows() > 0) met[slot.column] = longest;
  }
}

bool Rowset::bind(SQLHSTMT statement) {
  fetched_ = 0;
  bool good = SQL_SUCCEEDED(SQLSetStmtAttr(statement, SQL_ATTR_ROW_ARRAY_SIZE, as_pointer(capacity_), 0)) &&
              SQL_SUCCEEDED(SQLSetStmtAttr(statement, SQL_ATTR_ROWS_FETCHED_PTR, &fetched_, 0));
  for (std::size_t i = 0; i < slots_.size() && good; ++i) {
    Slot& slot = slots_[i];
    good = SQL_SUCCEEDED(
        SQLBindCol(statement, static_cast<SQLUSMALLINT>(i + 1), slot.type, slot.data.get(), static_cast<SQLLEN>(slot.width), slot.sizes.data()));
  }
  return good;
}

Rowset::Fit Rowset::cell(std::size_t row, std::size_t column, std::string& storage, Cell& out) const {
  out = {};
  if (slot_of_column_[column] < 0) return Fit::whole;
  const Slot& slot = slots_[static_cast<std::size_t>(slot_of_column_[column])];
  const SQLLEN size = slot.sizes[row];
  if (size == SQL_NULL_DATA) return Fit::whole;
  out.null = false;
  const char* data = slot.data.get() + row * slot.width;
  if (slot.type != SQL_C_CHAR && slot.type != SQL_C_WCHAR && slot.type != SQL_C_BINARY) {
    out.bytes = {data, sizeof(std::int64_t)};
    return Fit::whole;
  }
  const bool whole = size >= 0 && static_cast<std::size_t>(size) <= slot.limit;
  out.bytes = {data, whole ? static_cast<std::size_t>(size) : slot.limit};
  if (slot.type == SQL_C_WCHAR) {
    std::u16string units(out.bytes.size() / sizeof(char16_t), u'\0');
    std::memcpy(units.data(), data, units.size() * sizeof(char16_t));
    storage.clear();
    append_utf8(storage, units);
    out.bytes = storage;
  }
  return whole ? Fit::whole : Fit::cut;
}

std::size_t Rowset::odd(std::size_t row) const {
  if (!has_odd_) return 0;
  std::int64_t out = 0;
  std::memcpy(&out, slots_.back().data.get() + row * slots_.back().width, sizeof out);
  return static_cast<std::size_t>(out);
}

}  // namespace meshgate::odbc
