#include "mesh/ed25519.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

// RFC 8032 section 7.1, TEST 2.
TEST(Ed25519, SignsAsTheRfcDoes) {
  const auto key = SigningKey::from_seed(bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->verifying().bytes(), bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
  EXPECT_EQ(key->sign("\x72"), bytes("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"));
}

TEST(Ed25519, VerifiesItsOwnSignaturesAndNoOthers) {
  const auto key = SigningKey::make();
  const auto signature = key.sign("text");
  const auto open = VerifyingKey::from_bytes(key.verifying().bytes());
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->verify("text", signature));
  EXPECT_FALSE(open->verify("Text", signature));
  EXPECT_FALSE(open->verify("text", signature.substr(1)));
  EXPECT_FALSE(open->verify("text", ""));
  EXPECT_FALSE(SigningKey::make().verifying().verify("text", signature));
  EXPECT_EQ(SigningKey::from_seed(key.seed())->sign("text"), signature);
  EXPECT_NE(SigningKey::make().seed(), key.seed());
}

TEST(Ed25519, KeysAreThirtyTwoBytes) {
  EXPECT_FALSE(SigningKey::from_seed("short"));
  EXPECT_FALSE(VerifyingKey::from_bytes(std::string(33, 'x')));
}

}  // namespace
}  // namespace meshgate
