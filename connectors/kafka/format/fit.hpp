#pragma once

#include <string>

#include "connectors/kafka/format/field.hpp"

namespace meshgate::kafka::format {

/// A field's value as one of a column's kind, or false where that cannot be done exactly: int64, uint64 and decimal into each other where the number
/// fits, float32 into float64, anything into json, null into everything. Borrows from the field or from `storage`.
bool fit(const Field& field, int32_t kind, mg_value& out, std::string& storage);

/// The name of a kind as `types` has it ("int64").
std::string_view kind_name(int32_t kind);

}  // namespace meshgate::kafka::format
