#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sdk/connector.h"

namespace meshgate::odbc {

/// In what C type a column is fetched.
enum class Carry : std::uint8_t {
  int64,
  uint64,
  float64,
  ascii,  ///< text that has no other characters
  text,
  bytes,
};

/// How a table's column is read and what it becomes. Made by a Dialect's type table.
struct Column {
  std::string name;
  std::string native;
  std::int32_t type = MG_NULL;  ///< MG_NULL: cannot be carried exactly, and is not selected
  bool nullable = true;
  std::uint32_t key = 0;        ///< place in the key, 1, 2, …

  Carry carry = Carry::text;
  std::string value;      ///< SQL for the whole value
  std::string head;       ///< SQL for its first kHead + 1 units, where it may be longer; empty: the value itself
  std::string odd;        ///< SQL that is true for a value that this type cannot show; empty: there is none
  std::string why_odd;    ///< what is said of such a value
  std::string parameter;  ///< SQL in which a key's text stands as `?`
  std::string operators;  ///< schema of the operators that compare a key's values; empty: the database finds them
  std::size_t width = 0;  ///< longest text in bytes; 0: unknown
  int scale = -1;         ///< MG_DECIMAL that comes as a number: digits behind the point; -1: as it comes
  std::string unordered;  ///< why this column cannot be in a key; empty: it can
  bool hidden = false;    ///< read for our own use, not told to the host; behind all others
};

/// Longer values are fetched one by one.
inline constexpr std::size_t kHead = 4096;

/// What the catalogue says of a column, as text.
struct CatalogColumn {
  std::string table;
  std::string name;
  std::string type;    ///< the plain name of the type, lower case
  std::string native;  ///< with its arguments
  bool nullable = true;
  std::uint32_t key = 0;
  std::vector<std::string> details;  ///< what else this dialect's type table needs
};

/// What a driver says of a column of a result.
struct ResultColumn {
  std::string name;
  std::string type;  ///< the driver's name of it, lower case
  bool is_unsigned = false;
  std::size_t size = 0;  ///< digits or characters
  int scale = 0;
  bool by_number = false;  ///< it looks like text and is ordered by number, as enum and set are
};

struct TableName {
  std::string schema;  ///< empty: the connection's own
  std::string table;
};

struct Table {
  std::string name;  ///< as the user wrote it, or the text of a query
  std::string said;  ///< in messages: "table 'orders'", "the query"
  std::optional<TableName> named;  ///< in the catalogue; none: it is a query
  std::string from;  ///< for a FROM clause: a quoted name, or a query in brackets
  std::string lock;  ///< the quoted name that a snapshot may lock before it is taken; empty: none
  std::vector<Column> columns;
  std::vector<std::size_t> key;  ///< into columns, in key order
  std::vector<std::size_t> order;  ///< in which a pass reads it: the key, or the tracked column and the key
  std::optional<std::size_t> track;  ///< the tracked column
  bool declared_key = false;     ///< `key:` in the settings, not a primary key: may not be unique
};

}  // namespace meshgate::odbc
