// Any text as a token, as the claims of one, and as the parts that tokens are made of.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/access/device.hpp"
#include "gateway/access/refresh_token.hpp"
#include "gateway/access/token.hpp"
#include "mesh/base64url.hpp"
#include "tests/fuzz/must.hpp"

using meshgate::fuzz::must;
using namespace meshgate;
using namespace meshgate::access;

namespace {

const TokenKeys& keys() {
  static const TokenKeys all{make_token_key(Micros{})};
  return all;
}

/// Whatever can be read as claims comes back when it is written and read again.
void check_claims(std::string_view json) {
  const auto claims = parse_claims(json);
  if (!claims) return;
  const std::int64_t at = std::max(claims->issued, claims->not_before);
  const auto token = write_token(*claims, keys()[0]);
  if (claims->expires <= at || token.size() > 2048) return;
  const auto read = signed_claims(token, public_keys(keys()));
  must(read && *read == *claims, "claims come back");
  must(check(*read, {claims->issuer, claims->audience, Micros{at * 1000000}}).has_value(), "claims are good in their time");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  must(!signed_claims(text, public_keys(keys())), "nobody without the key makes a token");
  check_claims(text);
  if (const auto bytes = decode_base64url(text)) must(base64url(*bytes) == text, "one text for one value");
  must(decode_base64url(base64url(text)) == text, "bytes come back");
  if (const auto token = RefreshToken::parse(text)) must(token->text() == text, "one text for one refresh token");
  if (const auto entry = parse_book_line(text); entry && !entry->revoked) must(parse_book_line(device_line(entry->device))->device == entry->device, "a line comes back");
  (void)parse_keyring(text);
  return 0;
}
