#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/public_key.hpp"
#include "mesh/ed25519.hpp"
#include "mesh/result.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {

/// A key that tokens are signed with.
struct TokenKey {
  std::string id;  ///< the thumbprint of its public half (RFC 7638)
  Micros made{0};  ///< from when on it signs
  SigningKey pair;
};

/// The keys of a moment, the newest first. The next one is there well before it signs, so that nodes which are cut off for a while know it already; those that have signed
/// verify until the last token they signed is over.
using TokenKeys = std::vector<TokenKey>;

/// The key that signs at a moment. There is at least one.
const TokenKey& signing_key(const TokenKeys& keys, Micros at);

/// The node's keys, in one file that only its owner may read, replaced as a whole.
class Keyring {
 public:
  /// Reads the file, or makes it with a first key. `period`: how long a key signs; `life`: of the longest token. Blocks.
  static Result<std::unique_ptr<Keyring>> open(std::string file, std::int64_t period_micros, std::int64_t life_micros, Micros at);

  /// Makes the next key when the one that signs will soon have been used long enough, and lets go of those whose tokens are over. Blocks on the file.
  Status tend(Micros at);
  /// Any thread.
  [[nodiscard]] std::shared_ptr<const TokenKeys> keys() const;

 private:
  Keyring(std::string file, std::int64_t period, std::int64_t life) : file_(std::move(file)), period_(period), life_(life) {}
  /// The same keys, with a new one in front when it is time, without those that nothing needs any more.
  [[nodiscard]] TokenKeys due(Micros at) const;

  const std::string file_;
  const std::int64_t period_;
  const std::int64_t life_;
  mutable std::mutex mutex_;  ///< of keys_
  std::shared_ptr<const TokenKeys> keys_ = std::make_shared<TokenKeys>();
};

/// A fresh key.
TokenKey make_token_key(Micros at);

/// The public halves alone.
PublicKeys public_keys(const TokenKeys& keys);

/// A JSON Web Key Set (RFC 7517, RFC 8037).
std::string key_set(const PublicKeys& keys);

/// The keyring's file: the same with the secret halves and when each was made.
std::string keyring_text(const TokenKeys& keys);
Result<TokenKeys> parse_keyring(std::string_view text);

}  // namespace meshgate::access
