#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace meshgate::device {

/// The end of the JSON value that begins at `at`, found by quotes and brackets alone; `at` itself when nothing begins there.
std::size_t token_end(std::string_view json, std::size_t at);

/// Of a token as token_end() cuts it: a backslash; a character below space.
bool has_escapes(std::string_view token);
bool has_controls(std::string_view token);

/// Appends the text of a JSON string token, quotes included; false when an escape is wrong. Never longer than the token.
bool append_unescaped(std::string& out, std::string_view token);

}  // namespace meshgate::device
