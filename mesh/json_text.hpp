#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshgate {

/// Appends one JSON value (RFC 8259) without the white space between its tokens; numbers and strings stay as they are written, whatever
/// their size. False, and `out` as it was, when it is not one JSON value in valid UTF-8, when an escape is half a surrogate pair, or when
/// it nests deeper than 512 levels.
bool append_minified(std::string& out, std::string_view json);

/// Appends a list of strings.
void append_json_texts(std::string& out, const std::vector<std::string>& texts);

}  // namespace meshgate
