#include "gateway/federation/horizon.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace meshgate::federation {
namespace {

using std::chrono::seconds;

const Horizon::Time kStart{std::chrono::hours(1000)};
const std::string kOwn(32, 'o');

SeenNode node(const std::string& name, std::vector<std::string> over = {}, seconds age = seconds(0)) {
  std::string key = name;
  key.resize(32, '.');
  return {name, std::move(key), std::move(over), age, {SeenFeed{"orders", "following", {}, {}, 0, {}, false}}};
}

SeenNode keyless(const std::string& name, std::vector<std::string> over = {}) { return {name, {}, std::move(over), seconds(0), {}}; }

/// "van hub,branch": a name, and over which nodes it is known.
std::vector<std::string> texts(const std::vector<SeenNode>& nodes) {
  std::vector<std::string> out;
  for (const SeenNode& one : nodes) {
    std::string& text = out.emplace_back(one.node);
    for (const auto& name : one.over) text.append(text == one.node ? " " : ",").append(name);
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(Horizon, KnowsEachNodeOnceOverTheShortestWay) {
  Horizon horizon(kOwn);
  horizon.hear("peer hub", "the hub", {node("hub"), {node("branch"), node("van", {"branch"})}}, kStart);
  horizon.hear("peer near", "near", {node("near"), {node("van"), node("branch", {"hub"}), keyless("laptop"), keyless("laptop", {"branch"})}}, kStart);
  EXPECT_EQ(texts(horizon.nodes(kStart)), (Texts{"hub", "near", "branch the hub", "van near", "laptop near", "laptop near,branch"}));
}

TEST(Horizon, IsToldNothingOfItself) {
  Horizon horizon(kOwn);
  SeenNode self = node("me", {"x"});
  self.key = kOwn;
  horizon.hear("peer hub", "hub", {node("hub"), {self, node("hub", {"x"}), node("branch")}}, kStart);
  EXPECT_EQ(texts(horizon.nodes(kStart)), (Texts{"hub", "branch hub"}));
  self.over.clear();
  horizon.hear("peer twin", "twin", {self, {node("other")}}, kStart);
  EXPECT_EQ(horizon.nodes(kStart).size(), 2U) << "nor of what a node with its own key says";
}

TEST(Horizon, ANeighbourIsNotToldWhatItSaid) {
  Horizon horizon(kOwn);
  horizon.hear("peer hub", "hub", {node("hub"), {node("branch")}}, kStart);
  horizon.hear("node CN=van", "van", {node("van"), {node("branch", {"x"})}}, kStart);
  EXPECT_EQ(texts(horizon.nodes_for("peer hub", kStart)), (Texts{"van"}));
  EXPECT_EQ(texts(horizon.nodes_for("node CN=van", kStart)), (Texts{"hub", "branch hub"}));
}

TEST(Horizon, WhatIsOldIsForgotten) {
  Horizon horizon(kOwn);
  horizon.hear("peer hub", "hub", {node("hub"), {node("fresh"), node("old", {}, seconds(200))}}, kStart);
  const auto later = horizon.nodes(kStart + seconds(100));
  EXPECT_EQ(texts(later), (Texts{"hub", "fresh hub", "old hub"}));
  EXPECT_EQ(later[2].age, seconds(300));
  EXPECT_EQ(texts(horizon.nodes(kStart + seconds(101))), (Texts{"hub", "fresh hub"}));
  EXPECT_TRUE(horizon.hears("peer hub", kStart + seconds(300)));
  EXPECT_FALSE(horizon.hears("peer hub", kStart + seconds(301)));
  EXPECT_TRUE(horizon.nodes(kStart + seconds(301)).empty());
}

TEST(Horizon, NothingGoesRoundForEver) {
  Horizon a(std::string(32, 'a'));
  Horizon b(std::string(32, 'b'));
  Horizon c(std::string(32, 'c'));
  a.hear("gone", "gone", {node("gone"), {}}, kStart);
  auto at = kStart;
  for (int round = 0; round < 100; ++round) {
    at += seconds(10);
    b.hear("a", "a", {node("a"), a.nodes_for("b", at)}, at);
    c.hear("b", "b", {node("b"), b.nodes_for("c", at)}, at);
    a.hear("c", "c", {node("c"), c.nodes_for("a", at)}, at);
    const bool known = std::ranges::count(texts(b.nodes(at)), "gone a") > 0;
    EXPECT_EQ(known, at - kStart <= Horizon::kForgotten) << round;
  }
}

TEST(Horizon, ALongWayIsNotGone) {
  Horizon horizon(kOwn);
  horizon.hear("peer hub", "hub", {node("hub"), {node("near", std::vector<std::string>(7, "x")), node("far", std::vector<std::string>(8, "x"))}}, kStart);
  EXPECT_EQ(horizon.nodes(kStart).size(), 2U);
}

TEST(Horizon, WhoSaysTooMuchLosesItFirst) {
  Horizon horizon(kOwn);
  Outlook liar{node("liar"), {}};
  for (int i = 0; i < 1000; ++i) liar.nodes.push_back(node("made up " + std::to_string(i)));
  horizon.hear("liar", "liar", liar, kStart);
  EXPECT_EQ(horizon.nodes(kStart).size(), Horizon::kMost);
  Outlook honest{node("hub"), {}};
  for (int i = 0; i < 100; ++i) honest.nodes.push_back(node("branch " + std::to_string(i)));
  horizon.hear("hub", "hub", honest, kStart);
  horizon.hear("liar", "liar", liar, kStart);
  const auto all = horizon.nodes(kStart);
  EXPECT_EQ(all.size(), Horizon::kMost);
  EXPECT_EQ(std::ranges::count_if(all, [](const SeenNode& one) { return one.node.starts_with("branch") || one.node == "hub"; }), 101);
  for (int i = 0; i < 2000; ++i) horizon.hear("neighbour " + std::to_string(i), "some", {node("node " + std::to_string(i)), {}}, kStart + seconds(i / 100));
  const auto many = texts(horizon.nodes(kStart + seconds(20)));
  EXPECT_EQ(many.size(), Horizon::kMost);
  EXPECT_EQ(std::ranges::count(many, "node 1999"), 1) << "of neighbours that say the same, those that were heard last stay";
}

}  // namespace
}  // namespace meshgate::federation
