#pragma once

#include <cstdint>
#include <string_view>

namespace meshgate::device {

/// What one column of one row holds, in SQLite's own kinds. Text and blob are borrowed.
struct Cell {
  enum class Kind : std::uint8_t { null, integer, real, text, blob };
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;

  static Cell of(std::int64_t value) { return {Kind::integer, value, 0, {}}; }
  static Cell of_real(double value) { return {Kind::real, 0, value, {}}; }
  static Cell of_text(std::string_view value) { return {Kind::text, 0, 0, value}; }
  static Cell of_blob(std::string_view value) { return {Kind::blob, 0, 0, value}; }
};

}  // namespace meshgate::device
