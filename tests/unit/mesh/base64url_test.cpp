#include "mesh/base64url.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

TEST(Base64Url, IsThatOfTheRfc) {
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(base64url("f"), "Zg");
  EXPECT_EQ(base64url("fo"), "Zm8");
  EXPECT_EQ(base64url("foo"), "Zm9v");
  EXPECT_EQ(base64url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url("\xff\xef\xbe"), "_---");
}

TEST(Base64Url, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(decode_base64url(base64url(bytes)), bytes);
  }
}

TEST(Base64Url, OneTextForOneValue) {
  for (const char* bad : {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm9v+", "Zm9v/", "Zm9v\n", " Zm9v", "Zm9vZ"}) EXPECT_FALSE(decode_base64url(bad)) << bad;
}

}  // namespace
}  // namespace meshgate
