#include "mesh/seen_node.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

SeenFeed some_feed(const std::string& name) { return {name, "following", {"north", "south"}, Epoch{*Bits128::from_hex(std::string(32, 'e'))}, 1042, *parse_timestamp("2026-01-05T10:15:09.123456"), true}; }

SeenNode some_node(const std::string& name) { return {name, std::string(32, 'k'), {"hub", "branch"}, std::chrono::seconds(12), {some_feed("orders")}}; }

TEST(SeenNode, ComesBackAsItWasSaid) {
  const Outlook said{{"hq", std::string(32, 'h'), {}, std::chrono::seconds(0), {some_feed("orders"), {"notes", {}, {}, {}, 0, {}, false}}}, {some_node("van"), {"laptop", {}, {"hub"}, {}, {some_feed("notes")}}}};
  const auto heard = parse_outlook(outlook_text(said));
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->self, said.self);
  EXPECT_EQ(heard->nodes, said.nodes);
}

TEST(SeenNode, WhatCannotBeShownIsLeftOut) {
  const auto heard = parse_outlook(R"({"node":"hq","age":0,"feeds":[{"feed":"a\u001b[2J"},{"feed":"b","state":"\u009b","partitions":["ok","\u0007",7]},7],
    "nodes":[{"node":"\u001b]0;x","age":1,"feeds":[]},{"node":"van","age":1,"feeds":[],"key":"ed25519:short"},{"node":"old"},[]]})");
  ASSERT_TRUE(heard);
  ASSERT_EQ(heard->self.feeds.size(), 1U);
  EXPECT_EQ(heard->self.feeds[0].feed, "b");
  EXPECT_EQ(heard->self.feeds[0].state, "");
  EXPECT_EQ(heard->self.feeds[0].partitions, std::vector<std::string>{"ok"});
  ASSERT_EQ(heard->nodes.size(), 1U);
  EXPECT_EQ(heard->nodes[0].node, "van");
  EXPECT_EQ(heard->nodes[0].key, "");
}

TEST(SeenNode, NoMoreIsTakenThanMayBeSaid) {
  EXPECT_FALSE(parse_outlook("no JSON"));
  EXPECT_FALSE(parse_outlook("{}"));
  EXPECT_FALSE(parse_outlook(R"({"node":"","age":0,"feeds":[],"nodes":[]})"));
  std::string many = R"({"node":"hq","age":0,"feeds":[],"nodes":[)";
  for (std::size_t i = 0; i <= Outlook::kMostNodes; ++i) many += i == 0 ? "1" : ",1";
  EXPECT_FALSE(parse_outlook(many + "]}"));
  EXPECT_FALSE(parse_outlook(R"({"node":"hq","age":0,"feeds":[],"nodes":[]})" + std::string(Outlook::kMostBytes, ' ')));
}

TEST(SeenNode, WhatIsSaidFits) {
  Outlook said{some_node("hq"), {}};
  for (int i = 0; i < 500; ++i) said.self.feeds.push_back(some_feed("feed-" + std::to_string(i)));
  for (int i = 0; i < 1000; ++i) said.nodes.push_back(some_node("node-" + std::to_string(i)));
  std::string alone;
  append_node(alone, said.self);
  EXPECT_LE(alone.size(), 4096U);
  const std::string text = outlook_text(said);
  EXPECT_LE(text.size(), Outlook::kMostBytes);
  const auto heard = parse_outlook(text);
  ASSERT_TRUE(heard);
  EXPECT_GT(heard->self.feeds.size(), 10U);
  EXPECT_GT(heard->nodes.size(), 100U);
  EXPECT_EQ(heard->nodes.front(), said.nodes.front()) << "the nearest are said first";
}

}  // namespace
}  // namespace meshgate
