#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate {

/// What a field holds. The names are those of the schema line ("int64", "timestamptz", …); mesh/BYTES.md has the exact bytes.
enum class Type : std::uint8_t {
  boolean,      ///< "bool"
  int64,        ///< "int64"
  uint64,       ///< "uint64"
  float32,      ///< "float32", shortest text that gives the same float back
  float64,      ///< "float64"
  decimal,      ///< "decimal", digits as text, scale kept
  text,         ///< "text", valid UTF-8
  bytes,        ///< "bytes", base64
  date,         ///< "date", days since 1970-01-01
  time,         ///< "time", microseconds of the day
  timestamp,    ///< "timestamp", microseconds, no zone
  timestamptz,  ///< "timestamptz", microseconds, UTC
  uuid,         ///< "uuid", 16 bytes
  json,         ///< "json", a JSON text
};

std::string_view name(Type type);
std::optional<Type> type_named(std::string_view name);

/// Why a value has no exact canonical form; `exact` when it has one.
enum class Exact : std::uint8_t { exact, not_finite, bad_utf8, bad_decimal, out_of_range, bad_json, bad_uuid, not_float32 };
std::string_view describe(Exact verdict);

/// One field's value. Text-like kinds borrow their bytes: a Value lives no longer than the buffer it was read from.
struct Value {
  bool null = true;
  Type type = Type::text;
  union {
    std::int64_t integer = 0;  ///< boolean (0, 1), int64, date (days), time, timestamp and timestamptz (microseconds)
    std::uint64_t natural;     ///< uint64
    double real;               ///< float32 (exactly a float), float64
  };
  std::string_view text;  ///< decimal, text, bytes, uuid (16 bytes), json

  static Value none() { return {}; }
  static Value of_bool(bool value);
  static Value of_int64(std::int64_t value);
  static Value of_uint64(std::uint64_t value);
  static Value of_float32(float value);
  static Value of_float64(double value);
  /// For date, time, timestamp, timestamptz.
  static Value of_count(Type type, std::int64_t count);
  /// For decimal, text, bytes, uuid, json. Borrows.
  static Value of_text(Type type, std::string_view text);
};

/// Appends the canonical JSON of a value that is not NULL. On any verdict but `exact`, `out` is as it was.
Exact append_json(std::string& out, const Value& value);

/// Appends the canonical text: the JSON form without quotes and escapes; what ids and templates are made of. NULL appends nothing.
Exact append_text(std::string& out, const Value& value);

/// The inverse of append_text for every type. The value borrows from `text`, or from `storage` where bytes had to be decoded.
std::optional<Value> parse_text(Type type, std::string_view text, std::string& storage);

/// Canonical decimal: optional '-', at least one digit before the point, no leading zeros, no exponent, scale kept, no negative zero.
bool append_decimal(std::string& out, std::string_view digits);

/// A double as ECMAScript prints it (RFC 8785 section 3.2.2.3), but -0 as "-0". Must be finite.
void append_float64(std::string& out, double value);
void append_float32(std::string& out, float value);

/// An integer; outside ±(2^53-1) as a JSON string, so that no reader bends it (RFC 7493 section 2.2).
void append_json_integer(std::string& out, std::int64_t value);
void append_json_integer(std::string& out, std::uint64_t value);

/// A JSON string with the fewest escapes (RFC 8785 section 3.2.2.2). The text must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

bool valid_utf8(std::string_view text);
/// For people: what is not UTF-8 becomes U+FFFD.
std::string mended_utf8(std::string_view text);
void append_base64(std::string& out, std::string_view bytes);
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace meshgate
