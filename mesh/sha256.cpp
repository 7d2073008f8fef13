#include "mesh/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

namespace meshgate {

namespace {

// Without SHA-256 (a broken OpenSSL provider) no revision can be computed: nothing sensible is left to do.
void require(bool fine) {
  if (!fine) std::abort();
}

}  // namespace

void Sha256::Free::operator()(EVP_MD* method) const { EVP_MD_free(method); }
void Sha256::Free::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : method_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  require(method_ && context_);
  begin();
}

void Sha256::begin() { require(EVP_DigestInit_ex2(context_.get(), method_.get(), nullptr) == 1); }

void Sha256::add(std::string_view bytes) { require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }

Bits128 Sha256::finish() {
  std::array<unsigned char, 32> out{};
  require(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
  return Bits128::from_bytes(out.data());
}

std::string sha256(std::string_view text) {
  std::string out(32, '\0');
  require(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr, EVP_sha256(), nullptr) == 1);
  return out;
}

}  // namespace meshgate
