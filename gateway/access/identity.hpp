#pragma once

#include <string>
#include <string_view>

#include "gateway/store/origin.hpp"
#include "mesh/ed25519.hpp"
#include "mesh/result.hpp"

namespace meshgate::access {

/// That a node is the origin of a feed: what it signs, and what others keep and hand on.
struct Origin {
  std::string_view feed;
  std::string_view uid;  ///< 32 hex digits
  store::Claim claim;
};

/// By whom that is said: the public key of a node, and what it signed with it. Without a key: nobody has said.
struct Seal {
  std::string key;  ///< 32 bytes
  std::string signature;
  bool operator==(const Seal&) const = default;
};

/// What a node is known by to others: one key for as long as its data folder, or a backup of it, lives. It signs no tokens. Immutable; thread safe.
class Identity {
 public:
  /// Reads the folder's `identity.json`, which only its owner may read, or makes it. Blocks.
  static Result<Identity> open(const std::string& folder);

  [[nodiscard]] const std::string& key() const { return pair_.verifying().bytes(); }
  /// For a feed that has its origin here.
  [[nodiscard]] Seal seal(const Origin& origin) const;
  /// Proves to whoever made the nonce up that it speaks with this node.
  [[nodiscard]] std::string answer(std::string_view nonce) const;

 private:
  explicit Identity(SigningKey pair) : pair_(std::move(pair)) {}
  SigningKey pair_;
};

/// Whether the seal's key made it for this.
bool sealed(const Origin& origin, const Seal& seal);
/// Whether a node with this key gave the answer.
bool answered(std::string_view key, std::string_view nonce, std::string_view answer);

}  // namespace meshgate::access
