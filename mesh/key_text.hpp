#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshgate {

/// A node's public key (Ed25519) as people compare and write it: "ed25519:" and its 32 bytes in base64url.
std::string key_text(std::string_view bytes);
/// Its 32 bytes; nothing where it is no key.
std::optional<std::string> parse_key_text(std::string_view text);

}  // namespace meshgate
