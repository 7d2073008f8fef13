#include "gateway/device/columns.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "gateway/device/tokens.hpp"

namespace meshgate::device {

namespace {

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The text of a JSON string token without escapes; other tokens as they stand.
std::string_view bare(std::string_view token) {
  return token.size() >= 2 && token.front() == '"' ? token.substr(1, token.size() - 2) : token;
}

Cell natural_cell(std::string_view digits) {
  if (const auto small = number<std::int64_t>(digits)) return Cell::of(*small);
  return number<std::uint64_t>(digits) ? Cell::of_text(digits) : Cell{};
}

Cell integer_cell(std::string_view digits) {
  const auto value = number<std::int64_t>(digits);
  return value ? Cell::of(*value) : Cell{};
}

template <class Float>
Cell real_cell(std::string_view digits) {
  const auto value = number<Float>(digits);
  return value && std::isfinite(*value) ? Cell::of_real(static_cast<double>(*value)) : Cell{};
}

Cell string_cell(std::string_view token, Arena& texts) {
  if (token.front() != '"') return {};
  if (!has_escapes(token)) return Cell::of_text(bare(token));
  thread_local std::string text;
  text.clear();
  if (!append_unescaped(text, token)) return {};
  return Cell::of_text(texts.keep(text));
}

Cell bytes_cell(std::string_view token, Arena& texts) {
  if (token.front() != '"') return {};
  const auto bytes = decode_base64(bare(token));
  return bytes ? Cell::of_blob(texts.keep(*bytes)) : Cell{};
}

Cell cell_of(Type type, std::string_view token, Arena& texts) {
  switch (type) {
    case Type::boolean: return token == "true" ? Cell::of(1) : token == "false" ? Cell::of(0) : Cell{};
    case Type::int64: return integer_cell(bare(token));
    case Type::uint64: return natural_cell(bare(token));
    case Type::float32: return real_cell<float>(token);
    case Type::float64: return real_cell<double>(token);
    case Type::bytes: return bytes_cell(token, texts);
    case Type::json: return Cell::of_text(token);
    default: return string_cell(token, texts);
  }
}

void append_natural(std::string& out, const Cell& cell) {
  if (cell.kind == Cell::Kind::integer) {
    append_json_integer(out, static_cast<std::uint64_t>(cell.integer));
  } else {
    append_json_integer(out, number<std::uint64_t>(cell.text).value_or(0));
  }
}

template <class Float>
void append_finite(std::string& out, double value, void (*append)(std::string&, Float)) {
  const auto narrow = static_cast<Float>(value);
  if (std::isfinite(narrow)) {
    append(out, narrow);
  } else {
    out.append("null");
  }
}

/// A cell that a stranger changed to another kind gives JSON of that kind: wrong, and found so by its hash.
void append_cell(std::string& out, Type type, const Cell& cell) {
  const bool whole = cell.kind == Cell::Kind::integer;
  switch (type) {
    case Type::boolean: out.append(cell.integer != 0 ? "true" : "false"); break;
    case Type::int64: append_json_integer(out, cell.integer); break;
    case Type::uint64: append_natural(out, cell); break;
    case Type::float32: append_finite<float>(out, cell.real, append_float32); break;
    case Type::float64: append_finite<double>(out, cell.real, append_float64); break;
    case Type::json: out.append(cell.text); break;
    case Type::bytes:
      out += '"';
      append_base64(out, cell.text);
      out += '"';
      break;
    default: whole ? append_json_integer(out, cell.integer) : append_json_string(out, cell.text);
  }
}

/// Whether append_cell would write `token` from its cell. A string is what it stands for when nothing in it is, or must be, escaped.
bool exact(Type type, std::string_view token, const Cell& cell) {
  if (cell.kind == Cell::Kind::null) return false;
  if (type == Type::json) return true;
  if (cell.kind == Cell::Kind::text && type != Type::uint64 && !has_escapes(token) && !has_controls(token)) return true;
  thread_local std::string again;
  again.clear();
  append_cell(again, type, cell);
  return again == token;
}

}  // namespace

std::string_view declared(Type type) {
  switch (type) {
    case Type::boolean:
    case Type::int64: return "INTEGER";
    case Type::uint64:
    case Type::float32:
    case Type::float64: return "";
    case Type::bytes: return "BLOB";
    default: return "TEXT";
  }
}

Columns::Columns(std::vector<Column> columns) : columns_(std::move(columns)) {
  std::sort(columns_.begin(), columns_.end(), [](const Column& a, const Column& b) { return a.field < b.field; });
  for (const Column& column : columns_) {
    std::string& opening = openings_.emplace_back();
    append_json_string(opening, column.field);
    opening += ':';
  }
}

const Column* Columns::find(std::string_view field) const {
  const auto at =
      std::lower_bound(columns_.begin(), columns_.end(), field, [](const Column& a, std::string_view b) { return a.field < b; });
  return at != columns_.end() && at->field == field ? &*at : nullptr;
}

std::size_t Columns::column_at(std::string_view rest, std::size_t from) const {
  for (std::size_t i = from; i < openings_.size(); ++i) {
    if (rest.starts_with(openings_[i])) return i;
  }
  return openings_.size();
}

bool Columns::split(std::string_view content, std::span<Cell> cells, Arena& texts) const {
  const std::size_t end = content.size();
  bool all = content.starts_with('{');
  std::size_t next = 0;  // fields and columns are both sorted: the search goes on where the last one was found
  std::size_t at = 1;
  while (at < end && content[at] != '}') {
    const std::size_t column = column_at(content.substr(at), next);
    const bool known = column < openings_.size();
    at = known ? at + openings_[column].size() : token_end(content, at) + 1;
    const std::size_t begin = at;
    at = token_end(content, at);
    if (at <= begin || at > end) return false;
    if (known) {
      const std::string_view token = content.substr(begin, at - begin);
      cells[column] = cell_of(columns_[column].type, token, texts);
      next = column + 1;
      all = all && exact(columns_[column].type, token, cells[column]);
    }
    all = all && known;
    if (at >= end || content[at] != ',') break;
    ++at;
    all = all && at < end && content[at] != '}';
  }
  return all && at + 1 == end && content[at] == '}';
}

void Columns::append_content(std::string& out, std::span<const Cell> cells) const {
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].kind == Cell::Kind::null) continue;
    if (!first) out += ',';
    first = false;
    out.append(openings_[i]);
    append_cell(out, columns_[i].type, cells[i]);
  }
  out += '}';
}

}  // namespace meshgate::device
