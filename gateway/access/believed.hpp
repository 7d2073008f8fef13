#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "gateway/access/charter.hpp"
#include "gateway/access/known_tokens.hpp"
#include "gateway/access/principal.hpp"
#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

/// Takes tokens that another node has made, by its public keys: nothing here can make one. Thread safe.
class Believed {
 public:
  /// From now on these keys and no others, and none of these devices.
  void use(std::optional<Issuer> issuer);
  /// Those keys; none, as long as they are not known.
  [[nodiscard]] PublicKeys keys() const;
  /// Whose token this is. Code::auth: it is not to be believed; Code::retry: it is not known yet whose are.
  [[nodiscard]] Result<Principal> principal_of(std::string_view token, std::string_view audience, Micros at) const;
  /// Whether the device of a principal was not revoked since, as far as that is known here.
  [[nodiscard]] bool stands(const Principal& who) const;

 private:
  struct Held {
    Issuer issuer;
    KnownTokens known;
  };
  [[nodiscard]] std::shared_ptr<Held> held() const;

  mutable std::mutex mutex_;  ///< of held_
  std::shared_ptr<Held> held_;
};

}  // namespace meshgate::access
