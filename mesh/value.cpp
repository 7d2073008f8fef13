#include "mesh/value.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "mesh/json_text.hpp"
#include "mesh/time.hpp"

namespace meshgate {

namespace {

constexpr std::array<std::string_view, 14> kTypeNames = {"bool",  "int64", "uint64", "float32",   "float64",     "decimal", "text",
                                                         "bytes", "date",  "time",   "timestamp", "timestamptz", "uuid",    "json"};
constexpr std::int64_t kSafeInteger = 9007199254740991;

template <class T>
void append_number(std::string& out, T value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

/// The shortest digits d.ddd and the decimal exponent of a positive finite number.
template <class Float>
void append_positive(std::string& out, Float value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  std::string_view all(text, static_cast<std::size_t>(end - text));
  const std::size_t e = all.find('e');
  int exponent = 0;
  const char* from = all.data() + e + 1;
  std::from_chars(*from == '+' ? from + 1 : from, all.data() + all.size(), exponent);
  // Moving the first digit over the point leaves the digits in one piece.
  if (e > 2) text[1] = text[0];
  const std::string_view digits = e > 2 ? all.substr(1, e - 1) : all.substr(0, 1);

  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // ECMAScript calls it n: the value is 0.digits times 10^n
  if (count <= point && point <= 21) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(1, '.').append(digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out += digits[0];
    if (count > 1) out.append(1, '.').append(digits, 1);
    out.append(exponent < 0 ? "e-" : "e+");
    append_number(out, exponent < 0 ? -exponent : exponent);
  }
}

template <class Float>
void append_real(std::string& out, Float value) {
  if (std::signbit(value)) out += '-';
  if (value == 0) {
    out += '0';
  } else {
    append_positive(out, std::fabs(value));
  }
}

/// How many bytes from `at` on are surely plain in a JSON string (no control character, quote or backslash): a multiple of eight.
std::size_t plain_run(std::string_view text, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = kOnes * 0x80U;
  const std::size_t from = at;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, 8);
    const std::uint64_t quotes = eight ^ (kOnes * '"');
    const std::uint64_t slashes = eight ^ (kOnes * '\\');
    // (x - n) & ~x has a high bit where a byte of x is below n, and perhaps in the byte after one.
    const std::uint64_t special = ((eight - kOnes * 0x20U) & ~eight) | ((quotes - kOnes) & ~quotes) | ((slashes - kOnes) & ~slashes);
    if ((special & kHighs) != 0) break;
  }
  return at - from;
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

Exact append_uuid(std::string& out, std::string_view sixteen) {
  if (sixteen.size() != 16) return Exact::bad_uuid;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    const auto byte = static_cast<unsigned char>(sixteen[i]);
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
  return Exact::exact;
}

/// The kinds whose text form needs no JSON escapes; `exact` after appending, or the reason.
Exact append_plain(std::string& out, const Value& value) {
  switch (value.type) {
    case Type::boolean: out.append(value.integer != 0 ? "true" : "false"); return Exact::exact;
    case Type::int64: append_number(out, value.integer); return Exact::exact;
    case Type::uint64: append_number(out, value.natural); return Exact::exact;
    case Type::float32:
      if (!std::isfinite(value.real)) return Exact::not_finite;
      if (std::fabs(value.real) > FLT_MAX || static_cast<double>(static_cast<float>(value.real)) != value.real) return Exact::not_float32;
      append_float32(out, static_cast<float>(value.real));
      return Exact::exact;
    case Type::float64:
      if (!std::isfinite(value.real)) return Exact::not_finite;
      append_float64(out, value.real);
      return Exact::exact;
    case Type::decimal: return append_decimal(out, value.text) ? Exact::exact : Exact::bad_decimal;
    case Type::text:
      if (!valid_utf8(value.text)) return Exact::bad_utf8;
      out.append(value.text);
      return Exact::exact;
    case Type::bytes: append_base64(out, value.text); return Exact::exact;
    case Type::date:
      if (value.integer < kFirstDay || value.integer > kLastDay) return Exact::out_of_range;
      append_date(out, value.integer);
      return Exact::exact;
    case Type::time:
      if (value.integer < 0 || value.integer >= kMicrosPerDay) return Exact::out_of_range;
      append_time(out, value.integer);
      return Exact::exact;
    case Type::timestamp:
    case Type::timestamptz:
      if (value.integer < kFirstMicros.count || value.integer > kLastMicros.count) return Exact::out_of_range;
      append_timestamp(out, Micros{value.integer});
      if (value.type == Type::timestamptz) out += 'Z';
      return Exact::exact;
    case Type::uuid: return append_uuid(out, value.text);
    case Type::json: return append_minified(out, value.text) ? Exact::exact : Exact::bad_json;
  }
  return Exact::out_of_range;
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (std::is_floating_point_v<T> && !std::isfinite(static_cast<double>(value))) return std::nullopt;
  return value;
}

std::optional<std::string> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string out;
  unsigned half = 0;
  bool odd = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const auto digit = kHexDigits.find(text[i] >= 'A' && text[i] <= 'F' ? static_cast<char>(text[i] - 'A' + 'a') : text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    if (odd) out += static_cast<char>(half << 4U | digit);
    half = static_cast<unsigned>(digit);
    odd = !odd;
  }
  return out;
}

std::optional<Value> counted(Type type, std::optional<std::int64_t> count) {
  if (!count) return std::nullopt;
  return Value::of_count(type, *count);
}

std::optional<std::int64_t> parse_instant(Type type, std::string_view text) {
  if (type == Type::timestamptz) {
    if (text.empty() || text.back() != 'Z') return std::nullopt;
    text.remove_suffix(1);
  }
  const auto at = parse_timestamp(text);
  if (!at) return std::nullopt;
  return at->count;
}

}  // namespace

std::string_view name(Type type) { return kTypeNames[static_cast<std::size_t>(type)]; }

std::optional<Type> type_named(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i) {
    if (kTypeNames[i] == name) return static_cast<Type>(i);
  }
  return std::nullopt;
}

std::string_view describe(Exact verdict) {
  switch (verdict) {
    case Exact::exact: return "exact";
    case Exact::not_finite: return "NaN and infinities have no JSON number";
    case Exact::bad_utf8: return "the text is not valid UTF-8";
    case Exact::bad_decimal: return "the decimal is not plain digits";
    case Exact::out_of_range: return "the date or time is outside 0001-01-01 to 9999-12-31T23:59:59.999999";
    case Exact::bad_json: return "the JSON does not parse";
    case Exact::bad_uuid: return "the UUID is not 16 bytes";
    case Exact::not_float32: return "the number is not a 32-bit float";
  }
  return "";
}

Value Value::of_bool(bool value) {
  Value out;
  out.null = false;
  out.type = Type::boolean;
  out.integer = value ? 1 : 0;
  return out;
}

Value Value::of_int64(std::int64_t value) {
  Value out;
  out.null = false;
  out.type = Type::int64;
  out.integer = value;
  return out;
}

Value Value::of_uint64(std::uint64_t value) {
  Value out;
  out.null = false;
  out.type = Type::uint64;
  out.natural = value;
  return out;
}

Value Value::of_float32(float value) {
  Value out;
  out.null = false;
  out.type = Type::float32;
  out.real = static_cast<double>(value);
  return out;
}

Value Value::of_float64(double value) {
  Value out;
  out.null = false;
  out.type = Type::float64;
  out.real = value;
  return out;
}

Value Value::of_count(Type type, std::int64_t count) {
  Value out;
  out.null = false;
  out.type = type;
  out.integer = count;
  return out;
}

Value Value::of_text(Type type, std::string_view text) {
  Value out;
  out.null = false;
  out.type = type;
  out.text = text;
  return out;
}

Exact append_json(std::string& out, const Value& value) {
  switch (value.type) {
    case Type::boolean:
    case Type::float32:
    case Type::float64:
    case Type::json: return append_plain(out, value);
    case Type::int64: append_json_integer(out, value.integer); return Exact::exact;
    case Type::uint64: append_json_integer(out, value.natural); return Exact::exact;
    case Type::text:
      if (!valid_utf8(value.text)) return Exact::bad_utf8;
      append_json_string(out, value.text);
      return Exact::exact;
    default: break;
  }
  const std::size_t before = out.size();
  out += '"';
  const Exact verdict = append_plain(out, value);
  if (verdict != Exact::exact) {
    out.resize(before);
    return verdict;
  }
  out += '"';
  return Exact::exact;
}

Exact append_text(std::string& out, const Value& value) {
  if (value.null) return Exact::exact;
  const std::size_t before = out.size();
  const Exact verdict = append_plain(out, value);
  if (verdict != Exact::exact) out.resize(before);
  return verdict;
}

std::optional<Value> parse_text(Type type, std::string_view text, std::string& storage) {
  switch (type) {
    case Type::boolean:
      if (text != "true" && text != "false") return std::nullopt;
      return Value::of_bool(text == "true");
    case Type::int64: {
      const auto value = parse_number<std::int64_t>(text);
      return value ? std::optional(Value::of_int64(*value)) : std::nullopt;
    }
    case Type::uint64: {
      const auto value = parse_number<std::uint64_t>(text);
      return value ? std::optional(Value::of_uint64(*value)) : std::nullopt;
    }
    case Type::float32: {
      const auto value = parse_number<float>(text);
      return value ? std::optional(Value::of_float32(*value)) : std::nullopt;
    }
    case Type::float64: {
      const auto value = parse_number<double>(text);
      return value ? std::optional(Value::of_float64(*value)) : std::nullopt;
    }
    case Type::decimal:
      storage.clear();
      if (!append_decimal(storage, text)) return std::nullopt;
      return Value::of_text(type, storage);
    case Type::text:
    case Type::json: return Value::of_text(type, text);
    case Type::bytes:
    case Type::uuid: {
      auto decoded = type == Type::bytes ? decode_base64(text) : parse_uuid(text);
      if (!decoded) return std::nullopt;
      storage = std::move(*decoded);
      return Value::of_text(type, storage);
    }
    case Type::date: return counted(type, parse_date(text));
    case Type::time: return counted(type, parse_time(text));
    case Type::timestamp:
    case Type::timestamptz: return counted(type, parse_instant(type, text));
  }
  return std::nullopt;
}

bool append_decimal(std::string& out, std::string_view digits) {
  const std::size_t before = out.size();
  const bool negative = !digits.empty() && digits[0] == '-';
  if (negative || (!digits.empty() && digits[0] == '+')) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  std::string_view whole = digits.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : digits.substr(point + 1);
  if (whole.empty() && fraction.empty()) return false;
  const auto all_digits = [](std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!all_digits(whole) || !all_digits(fraction)) return false;
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  const bool zero = whole.empty() && fraction.find_first_not_of('0') == std::string_view::npos;
  if (negative && !zero) out += '-';
  if (whole.empty()) {
    out += '0';
  } else {
    out.append(whole);
  }
  if (!fraction.empty()) out.append(1, '.').append(fraction);
  return out.size() > before;
}

void append_float64(std::string& out, double value) { append_real(out, value); }
void append_float32(std::string& out, float value) { append_real(out, value); }

void append_json_integer(std::string& out, std::int64_t value) {
  const bool safe = value >= -kSafeInteger && value <= kSafeInteger;
  if (!safe) out += '"';
  append_number(out, value);
  if (!safe) out += '"';
}

void append_json_integer(std::string& out, std::uint64_t value) {
  const bool safe = value <= static_cast<std::uint64_t>(kSafeInteger);
  if (!safe) out += '"';
  append_number(out, value);
  if (!safe) out += '"';
}

std::string mended_utf8(std::string_view text) {
  if (valid_utf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t size = 1;
    while (size <= 4 && size <= text.size() && !valid_utf8(text.substr(0, size))) ++size;
    const bool good = size <= 4 && size <= text.size();
    if (!good) size = 1;
    out.append(good ? text.substr(0, size) : "\xEF\xBF\xBD");
    text.remove_prefix(size);
  }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t from = 0;
  for (std::size_t i = plain_run(text, 0); i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, from, i - from);
    from = i + 1;
    out += '\\';
    switch (c) {
      case '"': out += '"'; break;
      case '\\': out += '\\'; break;
      case '\b': out += 'b'; break;
      case '\t': out += 't'; break;
      case '\n': out += 'n'; break;
      case '\f': out += 'f'; break;
      case '\r': out += 'r'; break;
      default:
        out.append("u00");
        out += kHexDigits[c >> 4U];
        out += kHexDigits[c & 15U];
    }
  }
  out.append(text, from, text.size() - from);
  out += '"';
}

bool valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8U | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    out += kAlphabet[group >> 18U & 63U];
    out += kAlphabet[group >> 12U & 63U];
    out += have > 1 ? kAlphabet[group >> 6U & 63U] : '=';
    out += have > 2 ? kAlphabet[group & 63U] : '=';
  }
}

std::optional<std::string> decode_base64(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
  };
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const std::size_t pad = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2U : 1U) : 0U;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const int value = k >= 4 - pad ? 0 : digit(text[i + k]);
      if (value < 0) return std::nullopt;
      group = group << 6U | static_cast<unsigned>(value);
    }
    if ((pad == 1 && (group & 0xFFU) != 0) || (pad == 2 && (group & 0xFFFFU) != 0)) return std::nullopt;
    out += static_cast<char>(group >> 16U & 255U);
    if (pad < 2) out += static_cast<char>(group >> 8U & 255U);
    if (pad < 1) out += static_cast<char>(group & 255U);
  }
  return out;
}

}  // namespace meshgate
