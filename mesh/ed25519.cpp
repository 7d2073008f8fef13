#include "mesh/ed25519.hpp"

#include <openssl/evp.h>

#include <cstdlib>

#include "mesh/random.hpp"

namespace meshgate {

namespace {

constexpr std::size_t kSignature = 64;

const unsigned char* data(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* data(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::shared_ptr<EVP_PKEY> shared(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

}  // namespace

std::optional<VerifyingKey> VerifyingKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  auto key = shared(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data(bytes), bytes.size()));
  if (!key) return std::nullopt;
  return VerifyingKey(std::string(bytes), std::move(key));
}

bool VerifyingKey::verify(std::string_view text, std::string_view signature) const {
  if (signature.size() != kSignature) return false;
  const Context context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), data(signature), signature.size(), data(text), text.size()) == 1;
}

SigningKey SigningKey::make() {
  auto made = from_seed(random_bytes(VerifyingKey::kBytes));
  if (!made) std::abort();  // a build of OpenSSL without Ed25519
  return std::move(*made);
}

std::optional<SigningKey> SigningKey::from_seed(std::string_view seed) {
  if (seed.size() != VerifyingKey::kBytes) return std::nullopt;
  auto key = shared(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, data(seed), seed.size()));
  std::string open(VerifyingKey::kBytes, '\0');
  std::size_t size = open.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), data(open), &size) != 1) return std::nullopt;
  auto verifying = VerifyingKey::from_bytes(open);
  if (!verifying) return std::nullopt;
  return SigningKey(std::string(seed), std::move(key), std::move(*verifying));
}

std::string SigningKey::sign(std::string_view text) const {
  const Context context(EVP_MD_CTX_new());
  std::string out(kSignature, '\0');
  std::size_t size = out.size();
  const bool signed_ = context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
                       EVP_DigestSign(context.get(), data(out), &size, data(text), text.size()) == 1;
  if (!signed_) std::abort();  // a whole key in memory always signs
  return out;
}

}  // namespace meshgate
