#include "connectors/kafka/format/json_text.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>

#include "connectors/kafka/format/calendar.hpp"

namespace meshgate::kafka::format {

namespace {

constexpr int64_t kSafeInteger = (int64_t{1} << 53) - 1;
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Digits and exponent of the shortest text, laid out as ECMAScript's Number::toString does.
template <class Real>
void append_real(std::string& out, Real value) {
  std::array<char, 64> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  std::string_view text(buffer.data(), static_cast<size_t>(written.ptr - buffer.data()));
  if (text.starts_with('-')) {
    out += '-';
    text.remove_prefix(1);
  }
  const size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits.append(text.substr(2, e - 2));
  const int point = exponent + 1;
  const int size = static_cast<int>(digits.size());
  if (digits == "0") {
    out += '0';
  } else if (point > 21 || point <= -6) {
    out += digits[0];
    if (size > 1) out.append(1, '.').append(digits, 1);
    out.append(1, 'e').append(exponent < 0 ? "-" : "+").append(std::to_string(exponent < 0 ? -exponent : exponent));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<size_t>(-point), '0').append(digits);
  } else if (size <= point) {
    out.append(digits).append(static_cast<size_t>(point - size), '0');
  } else {
    out.append(digits, 0, static_cast<size_t>(point)).append(1, '.').append(digits, static_cast<size_t>(point));
  }
}

void append_uuid(std::string& out, std::string_view bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out.append(1, kHex[byte >> 4U]).append(1, kHex[byte & 15U]);
  }
}

bool is_safe_number(const mg_value& value) {
  if (value.kind == MG_INT64) return value.i >= -kSafeInteger && value.i <= kSafeInteger;
  if (value.kind == MG_UINT64) return value.u <= static_cast<uint64_t>(kSafeInteger);
  return value.kind == MG_FLOAT32 || value.kind == MG_FLOAT64 || value.kind == MG_BOOL;
}

}  // namespace

void append_text(std::string& out, const mg_value& value) {
  switch (value.kind) {
    case MG_BOOL: out += value.i != 0 ? "true" : "false"; break;
    case MG_INT64: out += std::to_string(value.i); break;
    case MG_UINT64: out += std::to_string(value.u); break;
    case MG_FLOAT32: append_real(out, static_cast<float>(value.f)); break;
    case MG_FLOAT64: append_real(out, value.f); break;
    case MG_BYTES: append_base64(out, sdk::view(value.s)); break;
    case MG_DATE: append_date(out, value.i); break;
    case MG_TIME: append_time(out, value.i); break;
    case MG_TIMESTAMP: append_timestamp(out, value.i); break;
    case MG_TIMESTAMPTZ:
      append_timestamp(out, value.i);
      out += 'Z';
      break;
    case MG_UUID: append_uuid(out, sdk::view(value.s)); break;
    case MG_NULL: break;
    default: out += sdk::view(value.s); break;
  }
}

void append_json(std::string& out, const mg_value& value) {
  if (value.kind == MG_NULL) {
    out += "null";
  } else if (value.kind == MG_TEXT) {
    append_json_string(out, sdk::view(value.s));
  } else if (value.kind == MG_JSON || is_safe_number(value)) {
    append_text(out, value);
  } else {
    out += '"';
    append_text(out, value);
    out += '"';
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\': out.append(1, '\\').append(1, c); break;
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          out += c;
        } else {
          const auto code = static_cast<unsigned char>(c);
          out.append("\\u00").append(1, kHex[code >> 4U]).append(1, kHex[code & 15U]);
        }
    }
  }
  out += '"';
}

void append_base64(std::string& out, std::string_view bytes) {
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t size = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8U | (i < size ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (size_t i = 0; i < 4; ++i) out += i <= size ? kBase64[group >> (18 - 6 * i) & 63U] : '=';
  }
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool padded = i >= text.size() - padding;
    const size_t digit = padded ? 0 : kBase64.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    group = group << 6U | static_cast<uint32_t>(digit);
    if (i % 4 != 3) continue;
    for (unsigned shift = 16;; shift -= 8) {
      out += static_cast<char>(group >> shift & 255U);
      if (shift == 0) break;
    }
    group = 0;
  }
  for (size_t i = 0; i < padding; ++i) {
    if (out.back() != '\0') return std::nullopt;
    out.pop_back();
  }
  return out;
}

bool valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace meshgate::kafka::format
