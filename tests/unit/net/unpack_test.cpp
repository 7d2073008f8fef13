#include "gateway/net/unpack.hpp"

#include <gtest/gtest.h>

#include "gateway/net/compressor.hpp"

namespace meshgate::net {
namespace {

std::string packed(std::string_view text, Flush flush) {
  std::string out;
  EXPECT_TRUE(Compressor::make(Encoding::zstd)->add(text, flush, out));
  return out;
}

TEST(Unpacker, WhatIsFlushedComesOutAtOnce) {
  const auto packer = Compressor::make(Encoding::zstd);
  Unpacker unpacker;
  std::string sent;
  for (const std::string text : {"first\n", "second\n", "third\n"}) {
    std::string bytes;
    ASSERT_TRUE(packer->add(text, Flush::block, bytes));
    sent += bytes;
    std::string out;
    std::string_view rest = bytes;
    ASSERT_FALSE(unpacker.add(rest, 1000, out));
    EXPECT_EQ(out, text);
    EXPECT_TRUE(rest.empty());
    EXPECT_FALSE(unpacker.whole()) << "the stream goes on";
  }
  ASSERT_TRUE(packer->add({}, Flush::end, sent));
  std::string all;
  ASSERT_FALSE(unpack(sent, 1000, all));
  EXPECT_EQ(all, "first\nsecond\nthird\n");
}

TEST(Unpacker, GivesNoMoreThanIsAskedFor) {
  const std::string text(1 << 20U, 'x');
  const std::string bytes = packed(text, Flush::end);
  Unpacker unpacker;
  std::string_view rest = bytes;
  std::string out;
  do {
    const std::size_t before = out.size();
    ASSERT_FALSE(unpacker.add(rest, 1000, out));
    ASSERT_LE(out.size() - before, 1000U);
  } while (!rest.empty() || unpacker.full());
  EXPECT_EQ(out, text);
  EXPECT_TRUE(unpacker.whole());
}

TEST(Unpacker, AWholeBodyIsOneOrIsRefused) {
  const std::string text(1000, 'x');
  std::string out;
  EXPECT_FALSE(unpack(packed(text, Flush::end), 1000, out));
  EXPECT_EQ(out, text);
  EXPECT_EQ(unpack(packed(text, Flush::end), 999, out)->status, 413U);
  for (const std::string& broken : {std::string(), std::string("x"), packed(text, Flush::block), packed(text, Flush::end) + "x"}) EXPECT_EQ(unpack(broken, 1000, out)->status, 400U);
  EXPECT_FALSE(unpack(packed("a", Flush::end) + packed("b", Flush::end), 1000, out)) << "two frames, one behind the other";
  EXPECT_EQ(out, "ab");
}

}  // namespace
}  // namespace meshgate::net
