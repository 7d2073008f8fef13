#include "connectors/files/cell.hpp"

#include <simdjson.h>

#include <charconv>
#include <cmath>

#include "connectors/files/calendar.hpp"

namespace meshgate::files {

namespace {

struct KindName {
  int32_t kind;
  std::string_view name;
};
constexpr KindName kKindNames[] = {{MG_BOOL, "bool"},       {MG_INT64, "int64"},         {MG_UINT64, "uint64"},
                                   {MG_FLOAT64, "float64"}, {MG_DECIMAL, "decimal"},     {MG_TEXT, "text"},
                                   {MG_DATE, "date"},       {MG_TIME, "time"},           {MG_TIMESTAMP, "timestamp"},
                                   {MG_UUID, "uuid"},       {MG_TIMESTAMPTZ, "timestamptz"}, {MG_JSON, "json"}};
constexpr long kMostZeros = 400;  // an exponent beyond this is a slip, not a number

template <class T>
bool whole(std::string_view text, T& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc{} && end == text.data() + text.size();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The parts of -12.50e3; false where it is not a number.
struct NumberParts {
  bool negative = false;
  std::string_view digits;
  std::string_view fraction;
  long exponent = 0;
};
bool split_number(std::string_view text, NumberParts& out) {
  if (text.starts_with('-')) {
    out.negative = true;
    text.remove_prefix(1);
  }
  size_t at = 0;
  while (at < text.size() && is_digit(text[at])) ++at;
  out.digits = text.substr(0, at);
  if (at < text.size() && text[at] == '.') {
    const size_t from = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    out.fraction = text.substr(from, at - from);
    if (out.fraction.empty()) return false;
  }
  if (out.digits.empty()) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  std::string_view exponent = text.substr(at + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  return whole(exponent, out.exponent) && std::labs(out.exponent) <= kMostZeros;
}

/// The digits without an exponent: 1.5e-3 is 0.0015. Nothing is rounded.
bool decimal(std::string_view text, mg_value& out, std::string& storage) {
  NumberParts parts;
  if (!split_number(text, parts)) return false;
  if (parts.exponent == 0 && text.find_first_of("eE") == std::string_view::npos) {
    out = sdk::string_value(MG_DECIMAL, text);
    return true;
  }
  std::string all = std::string(parts.digits) + std::string(parts.fraction);
  long point = static_cast<long>(parts.digits.size()) + parts.exponent;
  if (point <= 0) {
    all.insert(0, static_cast<size_t>(1 - point), '0');
    point = 1;
  }
  if (point > static_cast<long>(all.size())) all.append(static_cast<size_t>(point) - all.size(), '0');
  storage = parts.negative ? "-" : "";
  storage.append(all, 0, static_cast<size_t>(point));
  if (point < static_cast<long>(all.size())) storage.append(1, '.').append(all, static_cast<size_t>(point));
  out = sdk::string_value(MG_DECIMAL, storage);
  return true;
}

template <class T>
bool integer(std::string_view text, T& out) {
  return !text.empty() && whole(text, out);
}

bool boolean(std::string_view text, mg_value& out) {
  const bool yes = text == "true" || text == "t" || text == "1";
  const bool no = text == "false" || text == "f" || text == "0";
  out = sdk::bool_value(yes);
  return yes || no;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool uuid(std::string_view text, mg_value& out, std::string& storage) {
  if (text.size() != 36) return false;
  storage.clear();
  for (size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return false;
      continue;
    }
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    storage += static_cast<char>(high * 16 + low);
    i += 2;
  }
  out = sdk::string_value(MG_UUID, storage);
  return true;
}

bool counted(std::optional<int64_t> count, int32_t kind, mg_value& out) {
  if (!count) return false;
  out = sdk::integer_value(kind, *count);
  return true;
}

bool from_text(std::string_view text, int32_t kind, mg_value& out, std::string& storage) {
  switch (kind) {
    case MG_BOOL: return boolean(text, out);
    case MG_INT64: out = sdk::int64_value(0); return integer(text, out.i);
    case MG_UINT64: out = sdk::uint64_value(0); return integer(text, out.u);
    case MG_FLOAT64: out = sdk::float_value(MG_FLOAT64, 0); return integer(text, out.f) && std::isfinite(out.f);
    case MG_DECIMAL: return decimal(text, out, storage);
    case MG_TEXT:
    case MG_JSON: out = sdk::string_value(kind, text); return valid_utf8(text);
    case MG_DATE: return counted(parse_date(text), kind, out);
    case MG_TIME: return counted(parse_time(text), kind, out);
    case MG_TIMESTAMP: return counted(parse_timestamp(text), kind, out);
    case MG_TIMESTAMPTZ: return counted(parse_timestamptz(text), kind, out);
    case MG_UUID: return uuid(text, out, storage);
    default: return false;
  }
}

}  // namespace

bool valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::optional<int32_t> kind_named(std::string_view name) {
  for (const KindName& known : kKindNames) {
    if (known.name == name) return known.kind;
  }
  return std::nullopt;
}

std::string_view kind_name(int32_t kind) {
  for (const KindName& known : kKindNames) {
    if (known.kind == kind) return known.name;
  }
  return "unknown";
}

int32_t infer(const Cell& cell) {
  switch (cell.form) {
    case Cell::Form::null: return MG_NULL;
    case Cell::Form::text:
    case Cell::Form::quoted: return MG_TEXT;
    case Cell::Form::boolean: return MG_BOOL;
    case Cell::Form::nested: return MG_JSON;
    case Cell::Form::number: break;
  }
  int64_t value = 0;
  return integer(cell.text, value) ? MG_INT64 : MG_DECIMAL;
}

int32_t widen(int32_t one, int32_t other) {
  if (one == other || other == MG_NULL) return one;
  if (one == MG_NULL) return other;
  const bool numbers = (one == MG_INT64 || one == MG_DECIMAL) && (other == MG_INT64 || other == MG_DECIMAL);
  return numbers ? MG_DECIMAL : MG_JSON;
}

bool convert(const Cell& cell, int32_t kind, mg_value& out, std::string& storage) {
  switch (cell.form) {
    case Cell::Form::null: out = sdk::null_value(); return true;
    case Cell::Form::text: return from_text(cell.text, kind, out, storage);
    case Cell::Form::quoted:
      if (kind == MG_JSON) return from_text(cell.token, kind, out, storage);
      return kind != MG_BOOL && from_text(cell.text, kind, out, storage);
    case Cell::Form::number:
      if (kind == MG_JSON) return from_text(cell.token, kind, out, storage);
      if (kind != MG_INT64 && kind != MG_UINT64 && kind != MG_FLOAT64 && kind != MG_DECIMAL) return false;
      return from_text(cell.text, kind, out, storage);
    case Cell::Form::boolean: return (kind == MG_BOOL || kind == MG_JSON) && from_text(cell.token, kind, out, storage);
    case Cell::Form::nested: return kind == MG_JSON && from_text(cell.token, kind, out, storage);
  }
  return false;
}

void append_key_text(std::string& out, const mg_value& value) {
  out += static_cast<char>('a' + value.kind);
  switch (value.kind) {
    case MG_NULL: return;
    case MG_DECIMAL: {
      std::string_view digits = sdk::view(value.s);
      if (digits.starts_with('-')) {
        out += '-';
        digits.remove_prefix(1);
      }
      while (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') digits.remove_prefix(1);
      out.append(digits);
      break;
    }
    case MG_TEXT:
    case MG_BYTES:
    case MG_UUID:
    case MG_JSON: out.append(std::to_string(value.s.size)).append(1, ':').append(sdk::view(value.s)); break;
    default: out.append(std::to_string(value.i)); break;
  }
  out += ';';
}

}  // namespace meshgate::files
