#pragma once

#include <string>
#include <vector>

#include "mesh/ed25519.hpp"

namespace meshgate::access {

/// What tokens are verified with.
struct PublicKey {
  std::string id;  ///< its thumbprint (RFC 7638)
  VerifyingKey key;

  bool operator==(const PublicKey& other) const { return key.bytes() == other.key.bytes() && id == other.id; }
};
using PublicKeys = std::vector<PublicKey>;

/// Of the JSON that RFC 7638 prescribes: the needed members alone, in the order of their names.
std::string thumbprint(const VerifyingKey& key);

}  // namespace meshgate::access
