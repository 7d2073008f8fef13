#pragma once

#include <optional>
#include <string>

namespace meshgate::net {

/// Why a request is not served at all: an answer with this status, then the connection is closed.
struct Refusal {
  unsigned status = 400;
  std::string detail;
};

using Refused = std::optional<Refusal>;

}  // namespace meshgate::net
