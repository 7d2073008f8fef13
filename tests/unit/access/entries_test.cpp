#include "gateway/access/entries.hpp"

#include <gtest/gtest.h>

namespace meshgate::access {
namespace {

using Texts = std::vector<std::string>;

Texts members(const std::string& json) {
  EntryReader reader;
  return reader.group("{\"members\":" + json + "}").members;
}

bool disabled(const std::string& json) {
  EntryReader reader;
  return reader.person("{\"disabled\":" + json + "}", {}).disabled;
}

TEST(Entries, OfAPersonNameAndWhatRulesAskFor) {
  EntryReader reader;
  const Texts asked{"department", "sites", "badge", "none"};
  const auto one = reader.person(R"({"name":"alice","dn":"uid=alice","mail":"a@corp","department":"EU","sites":["A","B"],"badge":7})", asked);
  EXPECT_EQ(one.name, "alice");
  EXPECT_EQ(one.dn, "uid=alice");
  EXPECT_FALSE(one.disabled);
  EXPECT_EQ(one.attributes, (std::vector<Texts>{{"EU"}, {"A", "B"}, {"7"}, {}}));
}

TEST(Entries, MembersComeInThreeForms) {
  EXPECT_EQ(members(R"(["a","b,c"])"), (Texts{"a", "b,c"}));
  EXPECT_EQ(members(R"("[\"a\",\"b\"]")"), (Texts{"a", "b"}));
  EXPECT_EQ(members(R"("a\r\nb\n\nc")"), (Texts{"a", "b", "c"}));
  EXPECT_EQ(members("[1,2]"), (Texts{"1", "2"}));
  EXPECT_EQ(members(R"("[not an array")"), (Texts{"[not an array"}));
  EXPECT_EQ(members("[]"), Texts{});
  EXPECT_EQ(members(R"([{"a":1},null,"b"])"), Texts{"b"});
}

TEST(Entries, WhatCannotBeUnderstoodIsDisabled) {
  for (const char* no : {"false", "0", "\"0\"", "\"\"", "\"false\"", "\"FALSE\"", "null"}) EXPECT_FALSE(disabled(no)) << no;
  for (const char* yes : {"true", "1", "\"1\"", "\"true\"", "\"TRUE\"", "\"yes\"", "\"000001010000Z\"", "[]", "{}", "0.5"}) EXPECT_TRUE(disabled(yes)) << yes;
}

TEST(Entries, WhatIsNoContentIsEmpty) {
  EntryReader reader;
  EXPECT_EQ(reader.person("[1]", {}).name, "");
  EXPECT_EQ(reader.group("{").members, Texts{});
  EXPECT_EQ(reader.person(R"({"name":"after"})", {}).name, "after");
}

}  // namespace
}  // namespace meshgate::access
