#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshgate {

/// base64url without padding (RFC 4648 section 5, RFC 7515 appendix C): how tokens and keys write bytes.
std::string base64url(std::string_view bytes);

/// Nothing for anything but the one text that some bytes have: other characters, padding, an impossible length, bits left over that are not 0.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace meshgate
