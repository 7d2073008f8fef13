#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/diagnostics.hpp"
#include "mesh/value.hpp"

namespace meshgate::mapping {

/// A piece of a template: literal text, or the name of a source column.
struct Part {
  bool column = false;
  std::string text;
};

/// Where a text or field comes from.
struct Source {
  enum class Kind : std::uint8_t {
    column,    ///< parts[0] names it
    pattern,   ///< a template: literals and columns
    constant,  ///< parts[0] is its canonical text
  };
  Kind kind = Kind::column;
  std::vector<Part> parts;
  Type type = Type::text;    ///< of a constant
  std::optional<Type> cast;  ///< of a column
  config::Place place;
};

struct FieldRule {
  std::string name;
  config::Place place;
  Source source;
};

struct Named {
  std::string name;
  config::Place place;
};

/// A definition as it was written, checked as far as it can be without the source's columns.
struct Rules {
  bool others = true;         ///< every column that no rule takes becomes a field of the same name
  std::vector<Named> except;  ///< but not these
  std::vector<FieldRule> fields;
  std::vector<Source> id;         ///< empty: the key; several: columns, joined like a key
  std::vector<Source> partition;  ///< empty: the one partition ""
};

/// Longest field name, in bytes.
inline constexpr std::size_t kMaxFieldName = 200;

/// Why a text cannot be a field's name; empty when it can.
std::string field_name_fault(std::string_view name);

}  // namespace meshgate::mapping
