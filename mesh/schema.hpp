#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/value.hpp"

namespace meshgate {

/// One column of a source or one field of a feed.
struct Field {
  std::string name;
  Type type = Type::text;
  bool nullable = true;
  int key = 0;         ///< 1, 2, … : its place in the key; 0: not part of the key
  std::string native;  ///< the source's own name of the type ("numeric(12,2)"); not published

  bool operator==(const Field&) const = default;
};

/// The fields of a source's records or of a feed's items.
struct Schema {
  std::uint32_t version = 0;  ///< of a feed: 1, 2, …; 0: it has no fields yet, or is a source's
  std::vector<Field> fields;

  [[nodiscard]] const Field* find(std::string_view name) const;
  /// The positions of the key fields in key order.
  [[nodiscard]] std::vector<std::size_t> key() const;
  /// Same names, types, nullability and key; native names and version do not count.
  [[nodiscard]] bool same_shape(const Schema& other) const;
};

/// {"version":3,"fields":[{"name":"id","type":"int64","nullable":false,"key":1},…]}; "key" only where it is not 0.
void append_json(std::string& out, const Schema& schema);
std::optional<Schema> parse_schema(std::string_view json);

}  // namespace meshgate
