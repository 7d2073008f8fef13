#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/schema.hpp"
#include "mesh/value.hpp"

namespace meshgate::testing {

/// vectors.json, beside this file. Ends the process when it cannot be read: nothing could be tested.
simdjson::dom::element vectors();

std::string text(simdjson::dom::element row, const char* member);
std::uint64_t natural(simdjson::dom::element row, const char* member);
std::int64_t integer(simdjson::dom::element row, const char* member);
bool flag(simdjson::dom::element row, const char* member);
std::string from_hex(std::string_view hex);

/// A value as vectors.py writes it; `storage` keeps its bytes. In hex rows text, decimal and json are hex too.
Value value_of(simdjson::dom::element row, std::string& storage, bool hex_rows = false);
Schema schema_of(simdjson::dom::element row);

}  // namespace meshgate::testing
