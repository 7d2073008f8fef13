#include "gateway/access/directory.hpp"

#include <gtest/gtest.h>

#include "mesh/reference.hpp"

namespace meshgate::access {
namespace {

using Texts = std::vector<std::string>;

class DirectoryTest : public ::testing::Test {
 protected:
  void person(const std::string& anchor, const std::string& name, const std::string& dn = {}) { directory_.put_person(anchor, {.name = name, .dn = dn}, {}); }
  void group(const std::string& anchor, const std::string& name, const Texts& members, const std::string& dn = {}) {
    directory_.put_group(anchor, {.name = name, .dn = dn}, directory_.look_up(members), {});
  }
  [[nodiscard]] const Group* named(const std::string& text) const {
    const Reference* called = directory_.find(reference(text));
    return called == nullptr ? nullptr : called->group();
  }
  [[nodiscard]] bool in(const std::string& anchor, const std::string& text) const {
    const Person* who = directory_.person(anchor);
    const Group* where = named(text);
    return who != nullptr && where != nullptr && directory_.reach(*who).contains(*where);
  }
  [[nodiscard]] Texts path(const std::string& anchor, const std::string& text) const {
    Texts out;
    for (const Group* step : directory_.path(*directory_.person(anchor), *named(text))) out.push_back(step->name);
    return out;
  }

  Directory directory_;
};

TEST_F(DirectoryTest, MembersAreMeantByAnchorNameOrDistinguishedName) {
  person("u1", "alice", "uid=alice,dc=corp");
  for (const char* member : {"u1", "Alice", "UID=alice, DC=corp"}) {
    group("g1", "staff", {member});
    EXPECT_TRUE(in("u1", "staff")) << member;
  }
  group("g1", "staff", {"bob"});
  EXPECT_FALSE(in("u1", "staff"));
}

TEST_F(DirectoryTest, AMemberMayComeAfterItsGroup) {
  group("g2", "company", {"staff"});
  group("g1", "staff", {"alice"});
  person("u1", "alice");
  EXPECT_TRUE(in("u1", "company"));
  EXPECT_EQ(path("u1", "company"), (Texts{"staff", "company"}));
}

TEST_F(DirectoryTest, ARenamedPersonIsTheSameByAnchorAndAnotherByName) {
  person("u1", "alice");
  group("g1", "by anchor", {"u1"});
  group("g2", "by name", {"alice"});
  person("u1", "alicia");
  EXPECT_TRUE(in("u1", "by anchor"));
  EXPECT_FALSE(in("u1", "by name"));
  group("g2", "by name", {"alicia"});
  EXPECT_TRUE(in("u1", "by name"));
}

TEST_F(DirectoryTest, CirclesDoNoHarm) {
  group("g1", "a", {"b", "a"});
  group("g2", "b", {"c"});
  group("g3", "c", {"a", "alice"});
  person("u1", "alice");
  for (const char* each : {"a", "b", "c"}) EXPECT_TRUE(in("u1", each)) << each;
  EXPECT_EQ(path("u1", "a"), (Texts{"c", "b", "a"}));
}

TEST_F(DirectoryTest, TheShortestWayIsTold) {
  person("u1", "alice");
  group("g1", "a", {"alice"});
  group("g2", "b", {"a"});
  group("g3", "c", {"b", "a"});
  EXPECT_EQ(path("u1", "c"), (Texts{"a", "c"}));
}

TEST_F(DirectoryTest, ANameThatTwoHaveMeansNeither) {
  person("u1", "alice");
  person("u2", "alice");
  group("g1", "staff", {"alice"});
  EXPECT_FALSE(in("u1", "staff"));
  EXPECT_FALSE(in("u2", "staff"));
  directory_.remove_person("u2");
  EXPECT_TRUE(in("u1", "staff"));
  group("g2", "staff", {"alice"});
  EXPECT_EQ(named("staff"), nullptr);
  EXPECT_NE(named("g2"), nullptr);
}

TEST_F(DirectoryTest, AnAnchorIsNobodyElsesName) {
  person("u1", "alice");
  person("u2", "u1");
  group("g1", "staff", {"u1"});
  EXPECT_TRUE(in("u1", "staff"));
  EXPECT_FALSE(in("u2", "staff"));
}

TEST_F(DirectoryTest, WhatPeopleAreCalledByMeansNoGroupAsAMember) {
  group("g1", "alice", {"bob"});
  group("g2", "staff", {"alice"});
  person("u2", "bob");
  EXPECT_TRUE(in("u2", "staff"));
  person("u1", "alice");
  EXPECT_TRUE(in("u1", "staff"));
  EXPECT_FALSE(in("u2", "staff"));
}

TEST_F(DirectoryTest, WhoAndWhatGoesIsInNothing) {
  person("u1", "alice");
  group("g1", "staff", {"alice"});
  group("g2", "company", {"staff"});
  directory_.remove_group("g1");
  EXPECT_FALSE(in("u1", "company"));
  group("g1", "staff", {"alice"});
  EXPECT_TRUE(in("u1", "company"));
  directory_.remove_person("u1");
  EXPECT_EQ(directory_.person("u1"), nullptr);
  person("u1", "alice");
  EXPECT_TRUE(in("u1", "company"));
  directory_.clear_groups();
  EXPECT_EQ(named("company"), nullptr);
  directory_.clear_people();
  EXPECT_EQ(directory_.find("alice"), nullptr) << "nothing is kept of who is gone";
}

TEST_F(DirectoryTest, AGroupThatIsItsOwnMemberGoesWhole) {
  group("g1", "a", {"a", "g1"});
  directory_.remove_group("g1");
  EXPECT_EQ(directory_.find("a"), nullptr);
  group("g1", "a", {});
  EXPECT_NE(named("a"), nullptr);
}

}  // namespace
}  // namespace meshgate::access
