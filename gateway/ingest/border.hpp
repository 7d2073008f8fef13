#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/ingest/connection.hpp"
#include "gateway/plugins/fence.hpp"

namespace meshgate::ingest {

using plugins::text_of;

/// Converts announced columns and checks them. `carried` gets, per announced column, its type, or nothing for one left out.
Status convert_columns(const Plugin& plugin, const mg_column* columns, std::size_t count, SourceColumns& out,
                       std::vector<std::optional<Type>>& carried);

/// Converts one value of a column of this type; what is wrong with it, or nullptr.
const char* convert_value(const mg_value& from, Type type, Value& out);

/// The inverse, for keys. Borrows.
mg_value to_border(const Value& value);

}  // namespace meshgate::ingest
