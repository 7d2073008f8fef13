#include "mapping/casts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "mesh/time.hpp"

namespace meshgate::mapping {

namespace {

constexpr int kTypes = static_cast<int>(Type::json) + 1;
constexpr double kSafeReal = 9007199254740992.0;  ///< 2^53: every whole number up to it is a double

bool whole(Type type) { return type == Type::int64 || type == Type::uint64; }
bool real(Type type) { return type == Type::float32 || type == Type::float64; }

/// What parse_text reads without bending: not floats, whose text has no one nearest spelling, and not bytes, whose text is base64.
bool from_text(Type to) { return !real(to) && to != Type::bytes; }

bool from_whole(Type to) { return whole(to) || to == Type::boolean || to == Type::decimal || to == Type::float64; }

/// Whether digits are spelled as they will be published: 007 is a text, not a number.
bool canonical_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = negative ? text.substr(1) : text;
  if (digits.find_first_not_of("0.") == std::string_view::npos && negative) return false;
  const bool leading_zero = digits.size() > 1 && digits[0] == '0' && digits[1] != '.';
  return !leading_zero && !digits.empty() && digits[0] != '.' && digits[0] != '+' && digits.back() != '.';
}

std::string_view text_to(Value& value, Type to, std::string& scratch) {
  if (to == Type::json) {
    value.type = to;
    return {};
  }
  const auto made = parse_text(to, value.text, scratch);
  if (!made) return "the text is not a value of that type";
  if ((whole(to) || to == Type::decimal) && !canonical_number(value.text))
    return "the number has leading zeros or signs that would be lost";
  value = *made;
  return {};
}

std::string_view to_text(Value& value, std::string& scratch) {
  scratch.clear();
  const Exact verdict = append_text(scratch, value);
  if (verdict != Exact::exact) return describe(verdict);
  value = Value::of_text(Type::text, scratch);
  return {};
}

/// Digits of a whole number or a decimal without a fraction.
std::string_view digits_to_whole(Value& value, Type to, std::string_view digits, std::string& scratch) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  if (digits.find_first_not_of("0", std::min(point + 1, digits.size())) != std::string_view::npos) return "the number has a fraction";
  std::string canonical;
  if (!append_decimal(canonical, digits.substr(0, point))) return describe(Exact::bad_decimal);
  const auto made = parse_text(to, canonical, scratch);
  if (!made) return "the number is out of range";
  value = *made;
  return {};
}

std::string_view real_to_whole(Value& value, Type to) {
  if (!(std::fabs(value.real) <= kSafeReal) || value.real != std::floor(value.real))
    return "the number is not whole, or too large to be exact";
  if (to == Type::uint64 && value.real < 0) return "the number is negative";
  value =
      to == Type::int64 ? Value::of_int64(static_cast<std::int64_t>(value.real)) : Value::of_uint64(static_cast<std::uint64_t>(value.real));
  return {};
}

std::string_view whole_to(Value& value, Type to, std::string& scratch) {
  if (to == Type::decimal) {
    const std::string_view fault = to_text(value, scratch);
    value.type = Type::decimal;
    return fault;
  }
  const bool negative = value.type == Type::int64 && value.integer < 0;
  const std::uint64_t size = negative ? std::uint64_t{0} - value.natural : value.natural;
  if (to == Type::float64) {
    if (size > static_cast<std::uint64_t>(kSafeReal)) return "the number is too large to be exact";
    value = Value::of_float64(negative ? -static_cast<double>(size) : static_cast<double>(size));
    return {};
  }
  if (to == Type::boolean) {
    if (negative || size > 1) return "the number is neither 0 nor 1";
    value = Value::of_bool(size == 1);
    return {};
  }
  if (to == Type::uint64 && negative) return "the number is negative";
  if (to == Type::int64 && !negative && size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return "the number is out of range";
  }
  value.type = to;
  return {};
}

std::string_view instant_to_date(Value& value) {
  const std::int64_t rest = value.integer % kMicrosPerDay;
  if (rest != 0) return "the timestamp has a time of day";
  value = Value::of_count(Type::date, value.integer / kMicrosPerDay);
  return {};
}

std::string_view date_to_instant(Value& value) {
  if (value.integer < kFirstDay || value.integer > kLastDay) return describe(Exact::out_of_range);
  value = Value::of_count(Type::timestamp, value.integer * kMicrosPerDay);
  return {};
}

}  // namespace

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> out;
  for (int i = 0; i < kTypes; ++i) out.push_back(name(static_cast<Type>(i)));
  return out;
}

bool castable(Type from, Type to) {
  if (from == to || to == Type::text) return true;
  switch (from) {
    case Type::text: return from_text(to);
    case Type::int64:
    case Type::uint64: return from_whole(to);
    case Type::boolean:
    case Type::decimal: return whole(to);
    case Type::float32: return to == Type::float64 || whole(to);
    case Type::float64: return whole(to);
    case Type::bytes: return to == Type::uuid;
    case Type::date: return to == Type::timestamp;
    case Type::timestamp: return to == Type::date;
    default: return false;
  }
}

std::string_view cast(Value& value, Type to, std::string& scratch) {
  if (value.type == to) return {};
  if (to == Type::text) return to_text(value, scratch);
  switch (value.type) {
    case Type::text: return text_to(value, to, scratch);
    case Type::int64:
    case Type::uint64: return whole_to(value, to, scratch);
    case Type::decimal: return digits_to_whole(value, to, value.text, scratch);
    case Type::boolean: value = to == Type::int64 ? Value::of_int64(value.integer) : Value::of_uint64(value.natural); return {};
    case Type::float32:
      if (to == Type::float64) {
        value.type = to;
        return {};
      }
      return real_to_whole(value, to);
    case Type::float64: return real_to_whole(value, to);
    case Type::bytes:
      if (value.text.size() != 16) return describe(Exact::bad_uuid);
      value.type = to;
      return {};
    case Type::date: return date_to_instant(value);
    case Type::timestamp: return instant_to_date(value);
    default: return "no such cast";
  }
}

}  // namespace meshgate::mapping
