#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/net/refusal.hpp"

namespace meshgate::net {

/// Every %XX replaced by its byte; nothing when an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);

struct Target {
  std::string path;                                        ///< as sent, "/…" or "*"
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, '+' is a space, in order
};

/// Takes a request target in origin form, or "*" for OPTIONS, apart. Absolute and authority form, fragments, spaces, control
/// characters, bytes above 127 and broken escapes are refused with 400.
Refused parse_target(std::string_view method, std::string_view target, Target& out);

}  // namespace meshgate::net
