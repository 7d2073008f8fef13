#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace meshgate {

/// The public half of an Ed25519 key pair (RFC 8032). Immutable; copies share; thread safe.
class VerifyingKey {
 public:
  static constexpr std::size_t kBytes = 32;
  /// Nothing unless `bytes` are 32.
  static std::optional<VerifyingKey> from_bytes(std::string_view bytes);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] bool verify(std::string_view text, std::string_view signature) const;

 private:
  VerifyingKey(std::string bytes, std::shared_ptr<evp_pkey_st> key) : bytes_(std::move(bytes)), key_(std::move(key)) {}
  std::string bytes_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// A whole key pair. Immutable; copies share; thread safe.
class SigningKey {
 public:
  static SigningKey make();
  /// The pair of a seed of 32 bytes: what is kept of a key, and kept secret.
  static std::optional<SigningKey> from_seed(std::string_view seed);

  [[nodiscard]] const std::string& seed() const { return seed_; }
  [[nodiscard]] const VerifyingKey& verifying() const { return verifying_; }
  /// 64 bytes.
  [[nodiscard]] std::string sign(std::string_view text) const;

 private:
  SigningKey(std::string seed, std::shared_ptr<evp_pkey_st> key, VerifyingKey verifying)
      : seed_(std::move(seed)), key_(std::move(key)), verifying_(std::move(verifying)) {}
  std::string seed_;
  std::shared_ptr<evp_pkey_st> key_;
  VerifyingKey verifying_;
};

}  // namespace meshgate
