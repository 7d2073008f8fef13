#pragma once

#include <string>
#include <string_view>

namespace meshgate {

/// Appends one JSON value (RFC 8259) without the white space between its tokens; numbers and strings stay as they are written, whatever
/// their size. False, and `out` as it was, when it is not one JSON value in valid UTF-8, when an escape is half a surrogate pair, or when
/// it nests deeper than 512 levels.
bool append_minified(std::string& out, std::string_view json);

}  // namespace meshgate
