#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/net/message.hpp"
#include "mesh/result.hpp"

namespace meshgate::serve {

/// Every parameter is one of these and given at most once. Unknown ones are refused: a misspelt `partition` would otherwise be
/// answered with the wrong lines.
Status check_parameters(const net::Request& request, std::initializer_list<std::string_view> known);

/// A whole number between the two, or the fallback when the parameter is absent.
Result<std::uint64_t> number_parameter(const net::Request& request, std::string_view name, std::uint64_t fallback, std::uint64_t least,
                                       std::uint64_t most);

}  // namespace meshgate::serve
