#include "mesh/key_text.hpp"

#include "mesh/base64url.hpp"
#include "mesh/ed25519.hpp"

namespace meshgate {

namespace {

constexpr std::string_view kKind = "ed25519:";

}  // namespace

std::string key_text(std::string_view bytes) { return std::string(kKind) + base64url(bytes); }

std::optional<std::string> parse_key_text(std::string_view text) {
  if (!text.starts_with(kKind)) return std::nullopt;
  auto bytes = decode_base64url(text.substr(kKind.size()));
  return bytes && VerifyingKey::from_bytes(*bytes) ? std::move(bytes) : std::nullopt;
}

}  // namespace meshgate
