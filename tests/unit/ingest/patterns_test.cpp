#include "gateway/ingest/patterns.hpp"

#include <gtest/gtest.h>

namespace meshgate::ingest {
namespace {

StreamName own(std::string title) { return {.name = "public." + title, .group = "public", .title = std::move(title), .own = true}; }
StreamName of(std::string group, std::string title) { return {.name = group + "." + title, .group = std::move(group), .title = std::move(title), .own = false}; }
StreamName file(std::string title) { return {.name = title, .group = {}, .title = std::move(title), .own = true}; }

TEST(Patterns, StarsAndQuestionMarks) {
  for (const auto& [pattern, text] : {std::pair("*", ""), {"*", "abc"}, {"a*", "a"}, {"a*c", "abbc"}, {"*b*", "abc"}, {"a?c", "abc"}, {"**a", "ba"}, {"a*b*c", "axbxbxc"}, {"gr??e", "größe"}}) {
    EXPECT_TRUE(matches(pattern, text)) << pattern << " " << text;
  }
  for (const auto& [pattern, text] : {std::pair("", "a"), {"a", ""}, {"a?", "a"}, {"A", "a"}, {"a*b", "a"}, {"a*b", "abc"}, {"?", "ab"}}) {
    EXPECT_FALSE(matches(pattern, text)) << pattern << " " << text;
  }
}

TEST(Patterns, TheLastThatMatchesDecides) {
  const Patterns patterns({"sales.*", "!sales.tmp_*", "sales.tmp_keep"});
  EXPECT_TRUE(patterns.choose(of("sales", "orders")));
  EXPECT_FALSE(patterns.choose(of("sales", "tmp_1")));
  EXPECT_TRUE(patterns.choose(of("sales", "tmp_keep")));
  EXPECT_FALSE(patterns.choose(of("stock", "orders")));
}

TEST(Patterns, WithoutADotTheyMeanTheOwnGroup) {
  const Patterns all({"*"});
  EXPECT_TRUE(all.choose(own("orders")));
  EXPECT_FALSE(all.choose(of("sales", "orders")));
  const Patterns named({"public.ord*"});
  EXPECT_TRUE(named.choose(own("orders")));
  EXPECT_FALSE(named.choose(own("items")));
  EXPECT_TRUE(Patterns({"*.orders"}).choose(of("sales", "orders")));
}

TEST(Patterns, WithoutGroupsADotIsACharacter) {
  const Patterns patterns({"*.csv", "!old.*"});
  EXPECT_TRUE(patterns.choose(file("orders.csv")));
  EXPECT_FALSE(patterns.choose(file("old.csv")));
  EXPECT_FALSE(patterns.choose(file("orders.jsonl")));
}

TEST(Patterns, TellWhichMatchNothing) {
  EXPECT_EQ(Patterns({"sales.*", "sale.*", "!sales.x"}).idle({of("sales", "orders")}), (std::vector<std::string>{"sale.*", "!sales.x"}));
}

}  // namespace
}  // namespace meshgate::ingest
