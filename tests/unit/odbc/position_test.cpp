#include "connectors/odbc/position.hpp"

#include <gtest/gtest.h>

namespace meshgate::odbc {

TEST(Position, ComesBackAsItWas) {
  const Position cases[] = {{},
                            {.scanning = true, .key = {}, .fingerprint = 7, .as_of_us = 0},
                            {.scanning = true, .key = std::vector<std::string>{"", std::string("a\0b", 3), "\xC3\xA4"}, .fingerprint = ~0ULL, .as_of_us = -1},
                            {.scanning = false, .key = {}, .fingerprint = 1, .as_of_us = 1767608109123456}};
  for (const Position& one : cases) EXPECT_EQ(decode_position(encode(one)), one);
}

TEST(Position, EveryOtherTextIsNone) {
  const std::string good = encode({.scanning = true, .key = std::vector<std::string>{"12", "x"}, .fingerprint = 3, .as_of_us = 4});
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(decode_position(good.substr(0, size))) << size;
  EXPECT_FALSE(decode_position(good + "x"));
  std::string other = good;
  other[1] = 2;
  EXPECT_FALSE(decode_position(other)) << "another version";
  other = good;
  other[2] = 4;
  EXPECT_FALSE(decode_position(other)) << "an unknown flag";
  other = good;
  other[19] = '\xFF';
  EXPECT_FALSE(decode_position(other)) << "more columns than bytes";
}

TEST(Position, AFingerprintKeepsNamesApart) {
  EXPECT_NE(fingerprint("t", {"a", "b"}), fingerprint("t", {"ab"}));
  EXPECT_NE(fingerprint("t", {"a", "b"}), fingerprint("t", {"b", "a"}));
  EXPECT_NE(fingerprint("t", {"a"}), fingerprint("u", {"a"}));
}

}  // namespace meshgate::odbc
