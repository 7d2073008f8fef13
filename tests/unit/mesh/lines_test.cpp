#include "mesh/lines.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

const std::string kRev = "2-0123456789abcdef0123456789abcdef";

std::string put_with(const std::string& item) {
  return R"({"put":{"seq":17,"id":"42","rev":")" + kRev + R"(","at":"2026-01-05T10:15:09.123456Z","item":)" + item + "}}";
}

/// The same line, as append_put() would not write it.
std::string spaced(const std::string& line) { return "{ " + line.substr(1); }

std::string content_of(const std::string& line) {
  LineParser parser;
  const auto parsed = parser.parse(line);
  EXPECT_TRUE(parsed) << line.substr(0, 200);
  return parsed ? std::string(std::get<PutLine>(*parsed).content) : "";
}

bool refused(const std::string& line) {
  LineParser parser;
  const bool here = !parser.parse(line);
  EXPECT_EQ(here, !parser.parse(spaced(line))) << line.substr(0, 200);
  return here;
}

TEST(LineParser, ContentIsTheExactBytesOfTheItem) {
  for (const std::string item : {"{}", R"({"a":"}]\"\\"})", R"({"a":[{"b":{}}],"c":-0.0})", R"({"big":123456789012345678901234567890,"far":1e999})", R"({ "spaced" : 1 })"}) {
    EXPECT_EQ(content_of(put_with(item)), item);
    EXPECT_EQ(content_of(spaced(put_with(item))), item);
  }
}

TEST(LineParser, APutSaysTheSameHoweverItIsWritten) {
  const std::string rest = R"("rev":")" + kRev + R"(","at":"2026-01-05T10:15:09.123456Z")";
  const std::string lines[] = {R"({"put":{"seq":17,"id":"a1",)" + rest + R"(,"item":{"b":2}}})", R"({"put":{"seq":17,"id":"\u00611",)" + rest + R"(,"item":{"b":2}}})",
                               R"({"put":{"item":{"b":2},)" + rest + R"(,"id":"a1","seq":17}})", R"({"put":{"seq":17,"later":[1],"id":"a1",)" + rest + R"(,"item":{"b":2}}})",
                               R"({"put":{"seq":17,"id":"a1",)" + rest + R"(,"item":{"b":2} } })"};
  for (const auto& text : lines) {
    LineParser parser;
    const auto line = parser.parse(text);
    ASSERT_TRUE(line) << text;
    const auto& put = std::get<PutLine>(*line);
    EXPECT_EQ(put.seq, Seq{17});
    EXPECT_EQ(put.id, "a1");
    EXPECT_EQ(put.rev.text(), kRev);
    EXPECT_EQ(utc_text(put.at), "2026-01-05T10:15:09.123456Z");
    EXPECT_EQ(put.content, R"({"b":2})");
  }
}

TEST(LineParser, RefusesAPutOfWhichOnePartIsWrong) {
  const std::string good = put_with("{}");
  EXPECT_FALSE(refused(good));
  const auto with = [&](const std::string& part, const std::string& instead) { return std::string(good).replace(good.find(part), part.size(), instead); };
  for (const std::string seq : {"017", "-1", "1.0", "18446744073709551616", "", "\"17\""}) EXPECT_TRUE(refused(with("17", seq))) << seq;
  for (const auto& id : std::vector<std::string>{"", "\\x", "\x01", "\xff", std::string(4097, 'x')}) EXPECT_TRUE(refused(with("\"42\"", '"' + id + '"'))) << id;
  for (const std::string rev : {"", "2-0123", "02-0123456789abcdef0123456789abcdef", "2-0123456789ABCDEF0123456789ABCDEF"}) EXPECT_TRUE(refused(with(kRev, rev))) << rev;
  for (const std::string at : {"", "2026-01-05T10:15:09.123456", "2026-13-05T10:15:09.123456Z", "2026-01-05T10:15:09.1234567Z"}) {
    EXPECT_TRUE(refused(with("2026-01-05T10:15:09.123456Z", at))) << at;
  }
  for (const std::string item : {"", "1", "[]", "{", "}", "{}}", "{}{}", "{},", "{\"a\":{}", "{\"a\":\"}", "{\"a\":\"\n\"}"}) EXPECT_TRUE(refused(put_with(item))) << item;
  EXPECT_TRUE(refused(good + "}"));
  EXPECT_TRUE(refused(good.substr(0, good.size() - 1)));
}

TEST(LineParser, WhatItGivesIsItsOwn) {
  LineParser parser;
  std::string text = put_with("{\"a\":1}");
  const auto line = parser.parse(text);
  ASSERT_TRUE(line);
  text.assign(text.size(), 'x');
  EXPECT_EQ(std::get<PutLine>(*line).id, "42");
  EXPECT_EQ(std::get<PutLine>(*line).content, "{\"a\":1}");
}

TEST(LineParser, SpaceBehindTheItemIsNotContent) {
  EXPECT_EQ(content_of(put_with("{\"a\":1} ")), "{\"a\":1}");
  EXPECT_EQ(content_of(put_with(" {\"a\":1}\t\r\n ")), "{\"a\":1}");
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
  EXPECT_EQ(content_of(put_with(item)), item);
  EXPECT_EQ(content_of(spaced(put_with(item))), item);
}

TEST(LineParser, RefusesBytesThatAreNoUtf8) {
  EXPECT_TRUE(refused(put_with("{\"a\":\"\xff\"}")));
  EXPECT_TRUE(refused("{\"gone\":{\"seq\":1,\"id\":\"\xc0\xaf\"}}"));
}

TEST(LineParser, AnItemEndsWithItsOwnBracket) {
  EXPECT_TRUE(refused(put_with("{\"a\":1]")));
  EXPECT_TRUE(refused(put_with("{\"a\":\"}\"]")));
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
