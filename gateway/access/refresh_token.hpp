#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshgate::access {

/// "<device>.<family>.<secret>": which device, what all its tokens have in common, and what is good once; 128, 256 and 256 random bits in
/// base64url. An old token shows that its holder once had the family's: that is told apart from a guess.
struct RefreshToken {
  std::string device;
  std::string family;
  std::string secret;

  static RefreshToken make(std::string device);
  static std::optional<RefreshToken> parse(std::string_view text);
  [[nodiscard]] std::string text() const { return device + "." + family + "." + secret; }
};

/// 128 random bits in base64url: the name of a device or of a token. Never begins with '-', so that no command takes it for an option.
std::string random_name();
/// 256 of them.
std::string random_secret();

}  // namespace meshgate::access
