#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/odbc/column.hpp"
#include "connectors/odbc/diagnostics.hpp"

namespace meshgate::odbc {

/// One fetched value: the bytes of its C type (8 for numbers), or text in UTF-8.
struct Cell {
  bool null = true;
  std::string_view bytes;
};

/// A cell that was fetched as an int64.
std::int64_t number_in(const Cell& cell);

/// Days since 1970-01-01 of "2026-01-05"; nothing unless it is a date of the years 1 to 9999.
std::optional<std::int64_t> parse_date(std::string_view text);
/// Microseconds of the day of "10:15:09[.123456]".
std::optional<std::int64_t> parse_time(std::string_view text);
/// Microseconds since 1970 of a date, ' ' or 'T', a time; with `zone` also an offset ("Z", "+02", "-03:30"), which must be there.
std::optional<std::int64_t> parse_timestamp(std::string_view text, bool zone);
/// The inverse of the three, as databases write it.
std::string date_text(std::int64_t days);
std::string time_text(std::int64_t micros);
std::string timestamp_text(std::int64_t micros);

/// What a cell is as its column's type. False: it cannot be had exactly, and `why` says so. The value borrows from the cell or `storage`.
bool decode(const Column& column, Engine engine, const Cell& cell, std::string& storage, mg_value& out, std::string& why);

/// A key's value as text for a parameter of its column.
std::string parameter_text(const Column& column, Engine engine, const mg_value& value);
/// The same from a cell. False: it is NULL or not valid text, and nothing can be compared with it.
bool parameter_text(const Column& column, const Cell& cell, std::string& out);

/// A cell for a person to see, at most about 200 bytes of valid UTF-8.
std::string shown(const Column& column, const Cell& cell);

}  // namespace meshgate::odbc
