#include "mesh/json_text.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

std::string levels(std::size_t count, char open, char close) { return std::string(count, open) + std::string(count, close); }

TEST(JsonText, TakesWhiteSpaceFromBetweenTokensOnly) {
  std::string out = "x";
  EXPECT_TRUE(append_minified(out, " {\t\"a b\" : [ 1 , \" c \" ] ,\r\n\"\" : { } } "));
  EXPECT_EQ(out, "x{\"a b\":[1,\" c \"],\"\":{}}");
}

TEST(JsonText, KeepsNumbersAsTheyAreWritten) {
  for (const char* text : {"0", "-0", "1.50", "1E400", "-0.0e-00", "123456789012345678901234567890", "1e+5"}) {
    std::string out;
    EXPECT_TRUE(append_minified(out, text));
    EXPECT_EQ(out, text);
  }
}

TEST(JsonText, NestsUpToItsLimit) {
  std::string out;
  EXPECT_TRUE(append_minified(out, levels(512, '[', ']')));
  EXPECT_EQ(out, levels(512, '[', ']'));
  EXPECT_FALSE(append_minified(out, levels(513, '[', ']')));
  EXPECT_FALSE(append_minified(out, std::string(100000, '[')));
  EXPECT_FALSE(append_minified(out, std::string(100000, '{')));
}

TEST(JsonText, BracketsMustMatch) {
  std::string out;
  for (const char* text : {"[}", "{]", "[{]}", "{\"a\":[}", "]", "}", "[]]", "{}}", "[", "{\"a\"", "{\"a\":", "{\"a\":1", "[1", "[1,", ","}) {
    EXPECT_FALSE(append_minified(out, text)) << text;
    EXPECT_TRUE(out.empty());
  }
}

TEST(JsonText, SurrogatesComeInPairs) {
  std::string out;
  EXPECT_TRUE(append_minified(out, R"("\ud83d\ude00\uE000\ud7ff")"));
  for (const char* text : {R"("\ud83d")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\n")", R"("\ud83d\ud83d")", R"("\ude00\ud83d")", R"("\u12g4")", R"("\u12)"}) {
    EXPECT_FALSE(append_minified(out, text)) << text;
  }
}

TEST(JsonText, ANulByteIsNoEnd) {
  using namespace std::string_view_literals;
  std::string out;
  EXPECT_FALSE(append_minified(out, "1\0"sv));
  EXPECT_FALSE(append_minified(out, "\0"sv));
  EXPECT_FALSE(append_minified(out, "\"a\0b\""sv));
  EXPECT_FALSE(append_minified(out, "\"\\\0\""sv));
  EXPECT_FALSE(append_minified(out, "[\0]"sv));
}

}  // namespace
}  // namespace meshgate
