#include "mesh/lines.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

const std::string kRev = "2-0123456789abcdef0123456789abcdef";

std::string put_with(const std::string& item) {
  return R"({"put":{"seq":17,"id":"42","rev":")" + kRev + R"(","at":"2026-01-05T10:15:09.123456Z","item":)" + item + "}}";
}

std::string content_of(const std::string& item) {
  LineParser parser;
  const auto line = parser.parse(put_with(item));
  EXPECT_TRUE(line) << item;
  return line ? std::string(std::get<PutLine>(*line).content) : "";
}

TEST(LineParser, ContentIsTheExactBytesOfTheItem) {
  for (const std::string item : {"{}", R"({"a":"}]\"\\"})", R"({"a":[{"b":{}}],"c":-0.0})", R"({"big":123456789012345678901234567890,"far":1e999})", R"({ "spaced" : 1 })"}) {
    EXPECT_EQ(content_of(item), item);
  }
}

TEST(LineParser, SpaceBehindTheItemIsNotContent) {
  EXPECT_EQ(content_of("{\"a\":1} "), "{\"a\":1}");
  EXPECT_EQ(content_of(" {\"a\":1}\t\r\n "), "{\"a\":1}");
}

TEST(LineParser, IsUsedAgainAfterAnError) {
  LineParser parser;
  EXPECT_FALSE(parser.parse("{\"put\":{"));
  EXPECT_TRUE(parser.parse(put_with("{}")));
  EXPECT_FALSE(parser.parse(""));
  EXPECT_TRUE(parser.parse(put_with("{}")));
}

TEST(LineParser, TakesLongLines) {
  const std::string item = "{\"a\":\"" + std::string(3U << 20U, 'x') + "\"}";
  EXPECT_EQ(content_of(item), item);
}

TEST(LineParser, RefusesBytesThatAreNoUtf8) {
  LineParser parser;
  EXPECT_FALSE(parser.parse(put_with("{\"a\":\"\xff\"}")));
  EXPECT_FALSE(parser.parse("{\"gone\":{\"seq\":1,\"id\":\"\xc0\xaf\"}}"));
}

TEST(LineParser, AnItemEndsWithItsOwnBracket) {
  LineParser parser;
  EXPECT_FALSE(parser.parse(put_with("{\"a\":1]")));
  EXPECT_FALSE(parser.parse(put_with("{\"a\":\"}\"]")));
}

TEST(LineParser, NamesTheUnknownKind) {
  LineParser parser;
  const auto line = parser.parse(R"({"later":{}})");
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error().code, Code::unsupported);
  EXPECT_NE(line.error().message.find("'later'"), std::string::npos);
}

TEST(LineParser, AnErrorShowsNoMoreThanTheBeginning) {
  LineParser parser;
  const auto line = parser.parse(std::string(100000, 'x'));
  ASSERT_FALSE(line);
  EXPECT_LT(line.error().message.size(), 300U);
}

TEST(LineParser, DepthOfTheItemIsBounded) {
  LineParser parser;
  EXPECT_TRUE(parser.parse(put_with("{\"a\":" + std::string(500, '[') + std::string(500, ']') + "}")));
  EXPECT_FALSE(parser.parse(put_with("{\"a\":" + std::string(100000, '[') + "}")));
}

}  // namespace
}  // namespace meshgate
