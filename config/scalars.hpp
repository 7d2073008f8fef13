#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/keys.hpp"

namespace meshgate::config {

/// Whole numbers as people write them: optional '-', no leading zeros.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// How a value of a form is written: "a duration such as 250ms, 1s, 5m or 2h".
std::string_view example(Form form);

/// The number behind an integer, duration (ms), size, share or boolean; nothing when the text is not of that form.
std::optional<std::int64_t> parse_number(Form form, std::string_view text);

/// A limit as it would be written: 250ms, 5m, 64KiB, 10%.
std::string written_number(Form form, std::int64_t number);

}  // namespace meshgate::config
