#include "gateway/access/refresh_token.hpp"

#include "mesh/base64url.hpp"
#include "mesh/random.hpp"

namespace meshgate::access {

namespace {

constexpr std::size_t kName = 16;
constexpr std::size_t kSecret = 32;

bool is(std::string_view text, std::size_t bytes) {
  const auto decoded = decode_base64url(text);
  return decoded && decoded->size() == bytes;
}

}  // namespace

std::string random_name() {
  for (;;) {
    auto out = base64url(random_bytes(kName));
    if (out.front() != '-') return out;
  }
}
std::string random_secret() { return base64url(random_bytes(kSecret)); }

RefreshToken RefreshToken::make(std::string device) { return {std::move(device), random_secret(), random_secret()}; }

std::optional<RefreshToken> RefreshToken::parse(std::string_view text) {
  const auto first = text.find('.');
  const auto last = text.rfind('.');
  if (first == std::string_view::npos || last == first) return std::nullopt;
  const auto device = text.substr(0, first);
  const auto family = text.substr(first + 1, last - first - 1);
  const auto secret = text.substr(last + 1);
  if (!is(device, kName) || !is(family, kSecret) || !is(secret, kSecret)) return std::nullopt;
  return RefreshToken{std::string(device), std::string(family), std::string(secret)};
}

}  // namespace meshgate::access
