#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mesh/value.hpp"

namespace meshgate::mapping {

/// The names of all types.
std::vector<std::string_view> type_names();

/// Whether values of one type can be made into another without loss: all of them, or those that cast() lets through.
bool castable(Type from, Type to);

/// Makes `value` (not NULL, castable) into one of type `to`; it borrows from the value or from `scratch`. Not empty: why this
/// value would lose something, and `value` is as it was.
std::string_view cast(Value& value, Type to, std::string& scratch);

}  // namespace meshgate::mapping
