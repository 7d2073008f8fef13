#include "tests/unit/access/stated_directory.hpp"

namespace meshgate::access {
namespace {

using Texts = std::vector<std::string>;

class ExplainTest : public StatedDirectory {
 protected:
  void fill() {
    put(*users_, "u1", R"({"name":"alice"})");
    put(*users_, "u2", R"({"name":"bob","disabled":true})");
    put(*groups_, "g1", R"({"name":"team","members":["alice"]})");
    put(*groups_, "g2", R"({"name":"sales-north","members":["team"]})");
    loaded(*users_);
    loaded(*groups_);
    start("  orders:\n    partition: region\n    read: [ \"group:sales-{partition}\" ]\n  news: { read: public }\n  menu: { read: signed-in }\n  secret: {}\n");
  }
  [[nodiscard]] std::string at(const store::Feed& feed, const std::string& id) const { return utc_text((*feed.item(id))->at); }
};

TEST_F(ExplainTest, SaysTheRuleTheWayAndSinceWhen) {
  fill();
  const auto said = access_->explain("Alice", "orders", "north");
  EXPECT_EQ(said.sight, Sight::allowed);
  EXPECT_EQ(said.rule, "group:sales-{partition} (mesh.yaml:7:13)");
  EXPECT_EQ(said.path, (Texts{"alice", "team", "sales-north"}));
  EXPECT_EQ(said.since, at(*groups_, "g2"));
  EXPECT_EQ(said.note, "");
}

TEST_F(ExplainTest, OfAFeedTheGroupThatLetsThemIntoSomeOfIt) {
  fill();
  EXPECT_EQ(access_->explain("u1", "orders", std::nullopt).path, (Texts{"alice", "team", "sales-north"})) << "an anchor names a person too";
}

TEST_F(ExplainTest, SaysWhyNot) {
  fill();
  const auto note = [&](const char* who, const char* feed, const char* partition = "") {
    const auto said = access_->explain(who, feed, partition);
    EXPECT_EQ(said.sight, Sight::denied);
    return said.note;
  };
  EXPECT_EQ(note("alice", "orders", "south"), "alice is not meant by any of: group:sales-{partition}; there is no group 'sales-south'");
  EXPECT_EQ(note("bob", "menu"), "bob is disabled in the directory, since " + at(*users_, "u2") + " at the latest");
  EXPECT_EQ(note("carol", "menu"), "the directory has nobody, or more than one, who is called 'carol'");
  EXPECT_EQ(note("alice", "secret"), "no rule lets anybody read feed 'secret': it has no `read:`, and the node has none");
}

TEST_F(ExplainTest, WhatIsPublicNeedsNobody) {
  fill();
  const auto said = access_->explain("nobody", "news", std::nullopt);
  EXPECT_EQ(said.sight, Sight::allowed);
  EXPECT_EQ(said.note, "everybody may read it");
  EXPECT_EQ(said.path, Texts{});
}

TEST_F(ExplainTest, BeforeTheDirectoryIsReadNothingIsSaid) {
  put(*users_, "u1", R"({"name":"alice"})");
  start("  menu: { read: signed-in }\n");
  EXPECT_EQ(access_->explain("alice", "menu", std::nullopt).sight, Sight::unsure);
}

}  // namespace
}  // namespace meshgate::access
