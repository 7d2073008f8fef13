#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshgate::ldap {

/// Microseconds since 1970 of a generalized time ("20260105101509Z"); nothing for anything else.
std::optional<std::int64_t> micros_of(std::string_view generalized);
/// The inverse, in whole seconds.
std::string generalized_time(std::int64_t seconds);

}  // namespace meshgate::ldap
