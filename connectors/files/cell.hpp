#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sdk/connector.hpp"

namespace meshgate::files {

/// One field of a record before it has a type. Borrows from the reader's buffer or from the decoder.
struct Cell {
  enum class Form { null, text, quoted, number, boolean, nested };

  std::string_view name;  ///< empty in CSV: fields go by their place
  Form form = Form::null;
  std::string_view text;   ///< without quotes and escapes
  std::string_view token;  ///< JSON: as it stands in the file
};

bool valid_utf8(std::string_view text);

/// The name of a kind as `types` has it ("int64"), and back. Kinds that text files cannot hold have none.
std::optional<int32_t> kind_named(std::string_view name);
std::string_view kind_name(int32_t kind);

/// The kind of a column of which one cell is known, and of one that must hold both; MG_NULL: any.
int32_t infer(const Cell& cell);
int32_t widen(int32_t one, int32_t other);

/// A cell as a value of this kind, or false. The value borrows from the cell or from `storage`, which must not be touched until emit().
bool convert(const Cell& cell, int32_t kind, mg_value& out, std::string& storage);

/// Equal for equal values only: what keys are compared by.
void append_key_text(std::string& out, const mg_value& value);

}  // namespace meshgate::files
