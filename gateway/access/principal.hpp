#pragma once

#include <compare>
#include <string>

namespace meshgate::access {

/// Who asks, as a token or a certificate proves it. It says who; what they may see and do is looked up in the directory at every decision.
struct Principal {
  std::string user;    ///< the person's anchor: the id of their item in `_users`; empty: no person
  std::string device;  ///< the device they signed in with; empty: none was enrolled
  std::string node;    ///< the subject of a node's or device's certificate; empty: none was shown

  /// Nobody proved anything: only what is public is theirs.
  [[nodiscard]] bool anonymous() const { return user.empty() && node.empty(); }
  auto operator<=>(const Principal&) const = default;
};

}  // namespace meshgate::access
