#include "mesh/item.hpp"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>

namespace meshgate {

namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

struct FreeMethod {
  void operator()(EVP_MD* method) const { EVP_MD_free(method); }
};

/// One SHA-256 state per thread: fetching the method anew costs more than hashing a row.
class Sha256 {
 public:
  Sha256() : method_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) { require(method_ && context_); }

  void begin() { require(EVP_DigestInit_ex2(context_.get(), method_.get(), nullptr) == 1); }
  void update(std::string_view bytes) { require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1); }
  std::array<unsigned char, 32> finish() {
    std::array<unsigned char, 32> out{};
    require(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
    return out;
  }

 private:
  // Without SHA-256 (a broken OpenSSL provider) no revision can be computed: nothing sensible is left to do.
  static void require(bool fine) {
    if (!fine) std::abort();
  }

  std::unique_ptr<EVP_MD, FreeMethod> method_;
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context_;
};

std::string_view big_endian(std::uint64_t value, std::array<char, 8>& room) {
  for (unsigned i = 0; i < 8; ++i) room[i] = static_cast<char>(value >> (56U - 8U * i));
  return {room.data(), room.size()};
}

constexpr std::string_view kItemTag = "meshgate:item:1\n";
constexpr std::string_view kDigestTag = "sum128:";

}  // namespace

ContentHash content_hash(std::string_view id, std::string_view content) {
  thread_local Sha256 sha;
  std::array<char, 8> room;
  sha.begin();
  sha.update(kItemTag);
  sha.update(big_endian(id.size(), room));
  sha.update(id);
  sha.update(big_endian(content.size(), room));
  sha.update(content);
  return {Bits128::from_bytes(sha.finish().data())};
}

std::string Revision::text() const {
  std::string out;
  append_text(out);
  return out;
}

void Revision::append_text(std::string& out) const {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
  out += '-';
  hash.bits.append_hex(out);
}

std::optional<Revision> Revision::parse(std::string_view text) {
  Revision out;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.n);
  if (error != std::errc{} || end == text.data() + text.size() || *end != '-' || text[0] == '0') return std::nullopt;
  const auto hash = Bits128::from_hex(text.substr(static_cast<std::size_t>(end - text.data()) + 1));
  if (!hash) return std::nullopt;
  out.hash.bits = *hash;
  return out;
}

std::string Digest::text() const {
  std::string out(kDigestTag);
  sum_.append_hex(out);
  return out;
}

std::optional<Digest> Digest::parse(std::string_view text) {
  if (!text.starts_with(kDigestTag)) return std::nullopt;
  const auto sum = Bits128::from_hex(text.substr(kDigestTag.size()));
  if (!sum) return std::nullopt;
  return Digest(*sum);
}

}  // namespace meshgate
