#include "gateway/device/key_set.hpp"

#include <simdjson.h>

#include "mesh/base64url.hpp"
#include "mesh/ed25519.hpp"

namespace meshgate::device {

bool signed_by_one_of(std::string_view key_set, std::string_view token) {
  const auto end = token.rfind('.');
  if (end == std::string_view::npos) return false;
  const auto signature = decode_base64url(token.substr(end + 1));
  simdjson::dom::parser parser;
  simdjson::dom::array keys;
  const simdjson::padded_string padded(key_set);
  if (!signature || parser.parse(padded)["keys"].get(keys) != simdjson::SUCCESS) return false;
  for (const simdjson::dom::element one : keys) {
    std::string_view text;
    if (one["x"].get(text) != simdjson::SUCCESS) continue;
    const auto bytes = decode_base64url(text);
    const auto key = bytes ? VerifyingKey::from_bytes(*bytes) : std::nullopt;
    if (key && key->verify(token.substr(0, end), *signature)) return true;
  }
  return false;
}

}  // namespace meshgate::device
