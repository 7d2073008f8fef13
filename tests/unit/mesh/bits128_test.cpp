#include "mesh/bits128.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

constexpr std::uint64_t kMax = ~std::uint64_t{0};

TEST(Bits128, AddsWithCarryAndWrapsAround) {
  Bits128 a{0, kMax};
  a += Bits128{0, 1};
  EXPECT_EQ(a, (Bits128{1, 0}));
  a = {kMax, kMax};
  a += Bits128{0, 1};
  EXPECT_TRUE(a.zero());
  a = {kMax, kMax};
  a += Bits128{kMax, kMax};
  EXPECT_EQ(a, (Bits128{kMax, kMax - 1}));
}

TEST(Bits128, SubtractsWithBorrowAndWrapsAround) {
  Bits128 a{1, 0};
  a -= Bits128{0, 1};
  EXPECT_EQ(a, (Bits128{0, kMax}));
  a = {0, 0};
  a -= Bits128{0, 1};
  EXPECT_EQ(a, (Bits128{kMax, kMax}));
}

TEST(Bits128, IsItsOwnOperand) {
  Bits128 a{1, kMax};
  a += a;
  EXPECT_EQ(a, (Bits128{3, kMax - 1}));
  a -= a;
  EXPECT_TRUE(a.zero());
}

TEST(Bits128, SubtractionUndoesAddition) {
  const Bits128 terms[] = {{0, 0}, {0, 1}, {0, kMax}, {1, 0}, {kMax, 0}, {kMax, kMax}, {0x8000000000000000, 0}, {0x0123456789abcdef, 0xfedcba9876543210}};
  for (const auto& a : terms) {
    for (const auto& b : terms) {
      Bits128 sum = a;
      sum += b;
      Bits128 other = b;
      other += a;
      EXPECT_EQ(sum, other);
      sum -= b;
      EXPECT_EQ(sum, a);
    }
  }
}

TEST(Bits128, BytesAreBigEndian) {
  const Bits128 bits{0x0123456789abcdef, 0xfedcba9876543210};
  const auto bytes = bits.bytes();
  EXPECT_EQ(bytes[0], 0x01);
  EXPECT_EQ(bytes[7], 0xef);
  EXPECT_EQ(bytes[15], 0x10);
  EXPECT_EQ(Bits128::from_bytes(bytes.data()), bits);
}

TEST(Bits128, HexIsLowerCaseAndExact) {
  const Bits128 bits{0x0123456789abcdef, 0xfedcba9876543210};
  EXPECT_EQ(bits.hex(), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(Bits128::from_hex(bits.hex()), bits);
  std::string out = "x";
  bits.append_hex(out);
  EXPECT_EQ(out, "x" + bits.hex());
}

TEST(Bits128, RefusesOtherHex) {
  for (const char* text : {"", "0123456789abcdeffedcba987654321", "0123456789abcdeffedcba98765432100", "0123456789ABCDEFFEDCBA9876543210",
                           "g123456789abcdeffedcba9876543210", "0x23456789abcdeffedcba9876543210", " 123456789abcdeffedcba9876543210"}) {
    EXPECT_FALSE(Bits128::from_hex(text)) << text;
  }
}

TEST(Bits128, OrdersByTheHighHalfFirst) {
  EXPECT_LT((Bits128{0, kMax}), (Bits128{1, 0}));
  EXPECT_LT((Bits128{1, 0}), (Bits128{1, 1}));
}

}  // namespace
}  // namespace meshgate
