#include "connectors/odbc/text.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "mesh/value.hpp"

namespace meshgate::odbc {

TEST(Text, GoesWideAndBack) {
  for (const std::string text : {"", "plain", "\xC3\xA4\xE2\x82\xAC\xF0\x9D\x84\x9E", "\xF4\x8F\xBF\xBF"}) {
    std::string back;
    append_utf8(back, to_wide(text));
    EXPECT_EQ(back, text);
  }
  EXPECT_EQ(to_wide("\xF0\x9D\x84\x9E"), u"\xD834\xDD1E");
}

TEST(Text, WhatIsNotTextBecomesAReplacement) {
  EXPECT_EQ(to_wide("a\xFF\xC3"), u"a\xFFFD\xFFFD");
  std::string out;
  append_utf8(out, std::u16string{0xD834, u'x', 0xDD1E});
  EXPECT_EQ(out, "\xEF\xBF\xBDx\xEF\xBF\xBD");
}

TEST(Text, ValidityIsThatOfUnicode) {
  for (const char* valid : {"", "plain text longer than eight", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "12345678\xF4\x8F\xBF\xBF"}) EXPECT_TRUE(valid_utf8(valid)) << valid;
  const std::vector<std::string> wrong = {"\xFF", "\x80", "a\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "12345678\xE2\x28\xA1"};
  for (const std::string& text : wrong) {
    EXPECT_FALSE(valid_utf8(text)) << text;
    EXPECT_TRUE(valid_utf8(mended_utf8(text))) << text;
  }
  EXPECT_TRUE(valid_utf8(std::string_view("\0", 1)));
}

/// The host has another implementation: they must not part.
TEST(Text, ValidityIsThatOfTheHost) {
  const unsigned seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  const std::string_view pieces[] = {"a", "12345678", "\xC3", "\xA4", "\xE0", "\xE2", "\x82", "\xAC", "\xED", "\xA0", "\x9F", "\xF0", "\xF4", "\x8F", "\x90", "\x80", "\xBF", "\xC0", "\xFF", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9D\x84\x9E"};
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto left = random() % 6; left > 0; --left) text += pieces[random() % std::size(pieces)];
    ASSERT_EQ(valid_utf8(text), meshgate::valid_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Text, SmallTools) {
  EXPECT_TRUE(same_word("PWD", "pwd"));
  EXPECT_EQ(replaced("a}b}", "}", "}}"), "a}}b}}");
  EXPECT_EQ(literal("it's"), "'it''s'");
  EXPECT_EQ(lower("AbC"), "abc");
}

}  // namespace meshgate::odbc
