#include "mapping/pattern.hpp"

#include <gtest/gtest.h>

namespace meshgate::mapping {
namespace {

TEST(Pattern, PartsAndBack) {
  for (const char* text : {"{a}", "{a} {b}", "x{a}y", "{{{a}}}", "plain", "{{}}", "}}{{", "{a}{b}{c}", "{ä ö}"}) {
    const auto parts = parse_pattern(text);
    ASSERT_TRUE(parts) << text;
    EXPECT_EQ(pattern_text(*parts), text);
  }
}

TEST(Pattern, Parts) {
  const auto parts = parse_pattern("Mr {last name}, {{{id}}}");
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 5U);
  EXPECT_EQ((*parts)[1].text, "last name");
  EXPECT_TRUE((*parts)[1].column);
  EXPECT_EQ((*parts)[2].text, ", {");
  EXPECT_EQ((*parts)[4].text, "}");
}

TEST(Pattern, Broken) {
  for (const char* text : {"{", "}", "{}", "{a", "a}", "{a{b}}", "{{}", "{}}"}) EXPECT_FALSE(parse_pattern(text)) << text;
}

}  // namespace
}  // namespace meshgate::mapping
