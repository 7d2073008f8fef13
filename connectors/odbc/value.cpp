#include "connectors/odbc/value.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

constexpr std::int64_t kDay = 86'400'000'000;

bool digits(std::string_view text, std::size_t at, std::size_t count, std::int64_t& out) {
  if (at + count > text.size()) return false;
  out = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

/// Minutes of "Z", "+02", "+0230", "-03:30".
std::optional<std::int64_t> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-') || !digits(text, 1, 2, hours)) return std::nullopt;
  const std::string_view rest = text.substr(3);
  if (!rest.empty()) {
    const std::size_t skip = rest[0] == ':' ? 1 : 0;
    if (rest.size() != 2 + skip || !digits(rest, skip, 2, minutes)) return std::nullopt;
  }
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

template <class Number>
Number number(const Cell& cell) {
  Number out{};
  if (cell.bytes.size() == sizeof out) std::memcpy(&out, cell.bytes.data(), sizeof out);
  return out;
}

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

bool is_decimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  bool digit = false;
  bool point = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      digit = true;
    } else if (c == '.' && !point) {
      point = true;
    } else {
      return false;
    }
  }
  return digit;
}

/// A decimal that SQLite keeps as a double or an integer, with its declared scale; nothing if that many digits do not give the same double.
std::optional<std::string> scaled(std::string_view text, int scale) {
  if (text.find_first_of(".eE") == text.npos) {
    std::string out(text);
    if (scale > 0) out += "." + std::string(static_cast<std::size_t>(scale), '0');
    return is_decimal(out) ? std::optional(out) : std::nullopt;
  }
  const auto value = parsed<double>(text);
  if (!value || !std::isfinite(*value) || std::abs(*value) >= 1e15) return std::nullopt;
  std::array<char, 400> buffer{};
  const auto end = scale < 0 ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), *value, std::chars_format::fixed)
                             : std::to_chars(buffer.data(), buffer.data() + buffer.size(), *value, std::chars_format::fixed, scale);
  const std::string out(buffer.data(), end.ptr);
  return parsed<double>(out) == value ? std::optional(out) : std::nullopt;
}

bool parse_uuid(std::string_view text, std::string& out) {
  out.clear();
  int half = -1;
  for (const char c : text) {
    if (c == '-') continue;
    const int nibble = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (nibble < 0) return false;
    if (half < 0) {
      half = nibble;
    } else {
      out += static_cast<char>(half << 4 | nibble);
      half = -1;
    }
  }
  return out.size() == 16 && half < 0 && (text.size() == 36 || text.size() == 32);
}

bool set_count(std::optional<std::int64_t> count, mg_value& out) {
  if (count) out.i = *count;
  return count.has_value();
}

bool set_text(std::string_view text, mg_value& out) {
  out.s = {text.data(), text.size()};
  return true;
}

bool decode_bool(const Column& column, const Cell& cell, mg_value& out) {
  if (column.carry == Carry::int64) out.i = number<std::int64_t>(cell);
  if (column.carry != Carry::int64) out.i = cell.bytes == "true" || cell.bytes == "t" || cell.bytes == "1" ? 1 : 0;
  return out.i == 0 || out.i == 1;
}

bool decode_float(const Column& column, const Cell& cell, mg_value& out) {
  if (column.carry == Carry::float64) {
    out.f = number<double>(cell);
  } else if (column.type == MG_FLOAT32) {
    const auto value = parsed<float>(cell.bytes);
    if (!value) return false;
    out.f = static_cast<double>(*value);
  } else {
    const auto value = parsed<double>(cell.bytes);
    if (!value) return false;
    out.f = *value;
  }
  return std::isfinite(out.f) && (column.type != MG_FLOAT32 || static_cast<double>(static_cast<float>(out.f)) == out.f);
}

bool decode_decimal(const Column& column, Engine engine, const Cell& cell, std::string& storage, mg_value& out) {
  if (engine != Engine::sqlite) return is_decimal(cell.bytes) && set_text(cell.bytes, out);
  auto text = scaled(cell.bytes, column.scale);
  if (!text) return false;
  storage = std::move(*text);
  return set_text(storage, out);
}

}  // namespace

std::int64_t number_in(const Cell& cell) { return number<std::int64_t>(cell); }

std::optional<std::int64_t> parse_date(std::string_view text) {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (!digits(text, 0, 4, year) || !digits(text, 5, 2, month) || !digits(text, 8, 2, day) || year < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  if (!digits(text, 0, 2, hour) || !digits(text, 3, 2, minute) || !digits(text, 6, 2, second)) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  std::int64_t fraction = 0;
  if (text.size() > 8) {
    const std::size_t count = text.size() - 9;
    if (text[8] != '.' || count == 0) return std::nullopt;
    for (std::size_t i = 6; i < count; ++i) {
      if (text[9 + i] != '0') return std::nullopt;
    }
    if (!digits(text, 9, std::min<std::size_t>(count, 6), fraction)) return std::nullopt;
    for (std::size_t i = count; i < 6; ++i) fraction *= 10;
  }
  return ((hour * 60 + minute) * 60 + second) * 1'000'000 + fraction;
}

std::optional<std::int64_t> parse_timestamp(std::string_view text, bool zone) {
  if (text.size() < 19 || (text[10] != ' ' && text[10] != 'T')) return std::nullopt;
  const auto days = parse_date(text.substr(0, 10));
  std::string_view time = text.substr(11);
  std::int64_t offset = 0;
  if (zone) {
    const std::size_t at = time.find_first_of("Zz+-");
    const auto minutes = at == time.npos ? std::nullopt : parse_offset(time.substr(at));
    if (!minutes) return std::nullopt;
    offset = *minutes;
    time = time.substr(0, at);
  }
  const auto micros = parse_time(time);
  if (!days || !micros) return std::nullopt;
  const std::int64_t out = *days * kDay + *micros - offset * 60'000'000;
  const bool in_range = out >= -62'135'596'800'000'000 && out <= 253'402'300'799'999'999;
  return in_range ? std::optional(out) : std::nullopt;
}

std::string date_text(std::int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  std::array<char, 32> out{};
  const int size = std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                                 static_cast<unsigned>(date.day()));
  return {out.data(), static_cast<std::size_t>(size)};
}

std::string time_text(std::int64_t micros) {
  const long long seconds = micros / 1'000'000;
  std::array<char, 48> out{};
  const int size = std::snprintf(out.data(), out.size(), "%02lld:%02lld:%02lld.%06lld", seconds / 3600, seconds / 60 % 60, seconds % 60,
                                 static_cast<long long>(micros % 1'000'000));
  return {out.data(), static_cast<std::size_t>(size)};
}

std::string timestamp_text(std::int64_t micros) {
  const std::int64_t days = micros >= 0 ? micros / kDay : -((-micros + kDay - 1) / kDay);
  return date_text(days) + " " + time_text(micros - days * kDay);
}

bool decode(const Column& column, Engine engine, const Cell& cell, std::string& storage, mg_value& out, std::string& why) {
  out = {};
  if (cell.null) return true;
  out.kind = column.type;
  bool exact = false;
  switch (column.type) {
    case MG_BOOL: exact = decode_bool(column, cell, out); break;
    case MG_INT64:
      exact = column.carry == Carry::int64 ? (out.i = number<std::int64_t>(cell), true) : set_count(parsed<std::int64_t>(cell.bytes), out);
      break;
    case MG_UINT64: out.u = number<std::uint64_t>(cell), exact = true; break;
    case MG_FLOAT32:
    case MG_FLOAT64: exact = decode_float(column, cell, out); break;
    case MG_DECIMAL: exact = decode_decimal(column, engine, cell, storage, out); break;
    case MG_DATE: exact = set_count(parse_date(cell.bytes), out); break;
    case MG_TIME: exact = set_count(parse_time(cell.bytes), out); break;
    case MG_TIMESTAMP: exact = set_count(parse_timestamp(cell.bytes, false), out); break;
    case MG_TIMESTAMPTZ: exact = set_count(parse_timestamp(cell.bytes, engine != Engine::mariadb), out); break;
    case MG_UUID: exact = parse_uuid(cell.bytes, storage) && set_text(storage, out); break;
    case MG_BYTES: exact = set_text(cell.bytes, out); break;
    default: exact = valid_utf8(cell.bytes) && set_text(cell.bytes, out); break;
  }
  if (exact) return true;
  out = {};
  const bool text = column.carry == Carry::text;
  why = "column " + column.name + ": " + shown(column, cell) + (text ? " is not valid UTF-8" : " is no exact value of type " + column.native);
  return false;
}

std::string parameter_text(const Column& column, Engine engine, const mg_value& value) {
  const std::string_view text = value.kind == MG_NULL || value.s.data == nullptr ? std::string_view{} : std::string_view{value.s.data, value.s.size};
  switch (column.type) {
    case MG_BOOL:
    case MG_INT64: return std::to_string(value.i);
    case MG_UINT64: return std::to_string(value.u);
    case MG_DATE: return date_text(value.i);
    case MG_TIME: return time_text(value.i);
    case MG_TIMESTAMP: return timestamp_text(value.i);
    case MG_TIMESTAMPTZ: return timestamp_text(value.i) + (engine == Engine::postgresql ? "+00" : "");
    case MG_UUID: {
      std::string out;
      for (std::size_t i = 0; i < text.size(); ++i) {
        constexpr std::string_view kHex = "0123456789abcdef";
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += kHex[static_cast<unsigned char>(text[i]) >> 4];
        out += kHex[static_cast<unsigned char>(text[i]) & 15U];
      }
      return out;
    }
    default: return std::string(text);
  }
}

bool parameter_text(const Column& column, const Cell& cell, std::string& out) {
  if (cell.null) return false;
  if (column.carry == Carry::int64) return out = std::to_string(number<std::int64_t>(cell)), true;
  if (column.carry == Carry::uint64) return out = std::to_string(number<std::uint64_t>(cell)), true;
  if (column.carry == Carry::text && !valid_utf8(cell.bytes)) return false;
  return out = cell.bytes, true;
}

std::string shown(const Column& column, const Cell& cell) {
  constexpr std::size_t kLongest = 200;
  if (cell.null) return "NULL";
  if (column.carry == Carry::int64) return std::to_string(number<std::int64_t>(cell));
  if (column.carry == Carry::uint64) return std::to_string(number<std::uint64_t>(cell));
  if (column.carry == Carry::float64) return std::to_string(number<double>(cell));
  if (column.carry == Carry::bytes) return std::to_string(cell.bytes.size()) + " bytes";
  const std::string_view text = cell.bytes;
  if (text.size() <= kLongest) return "'" + mended_utf8(text) + "'";
  std::size_t size = kLongest;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  return "'" + mended_utf8(text.substr(0, size)) + "…'";
}

}  // namespace meshgate::odbc
