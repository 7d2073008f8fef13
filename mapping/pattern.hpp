#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mapping/rules.hpp"
#include "mesh/result.hpp"

namespace meshgate::mapping {

/// Splits "{a} {b}" into its parts; {{ and }} stand for braces. Error::config says what is wrong.
Result<std::vector<Part>> parse_pattern(std::string_view text);

/// Whether a text has braces, and so is a template rather than a column's name.
bool is_pattern(std::string_view text);

/// The inverse of parse_pattern.
std::string pattern_text(const std::vector<Part>& parts);

}  // namespace meshgate::mapping
