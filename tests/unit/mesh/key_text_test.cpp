#include "mesh/key_text.hpp"

#include <gtest/gtest.h>

#include "mesh/ed25519.hpp"

namespace meshgate {
namespace {

TEST(KeyText, AKeyIsWrittenInOneWay) {
  const std::string key = SigningKey::make().verifying().bytes();
  EXPECT_EQ(key_text(key).size(), 51U);
  EXPECT_EQ(parse_key_text(key_text(key)), key);
  for (const std::string& wrong : {std::string(), key, key_text(key).substr(1), key_text(key) + "A", key_text(key.substr(1)), "ed25519:" + std::string(43, '=')}) {
    EXPECT_FALSE(parse_key_text(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace meshgate
