#pragma once

#include <string>
#include <string_view>

namespace meshgate {

/// For a piece of an address: all but the unreserved characters of RFC 3986 section 2.3 as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace meshgate
