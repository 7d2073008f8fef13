#include "gateway/access/policy.hpp"

#include <gtest/gtest.h>

namespace meshgate::access {
namespace {

constexpr const char* kDirectory = "  _users: {}\n  _groups: {}\n";

class PolicyTest : public ::testing::Test {
 protected:
  Policy read(const std::string& yaml) {
    const auto root = config::parse_yaml(yaml, "mesh.yaml", faults_);
    return read_policy(root["node"], root["feeds"], secrets_, faults_);
  }
  static std::vector<std::string> written(const Rules& rules) {
    std::vector<std::string> out;
    for (const auto& rule : rules) out.push_back(rule.written);
    return out;
  }

  config::Diagnostics faults_;
  config::Secrets secrets_;
};

using Texts = std::vector<std::string>;

TEST_F(PolicyTest, WhatTheNodeSaysGoesForFeedsThatSayNothingButTheDirectory) {
  const auto policy = read(std::string("node: { read: [ group:all, \"group:sales-{partition}\" ] }\nfeeds:\n") + kDirectory +
                           "  whole: {}\n  divided: { partition: region }\n  own: { read: public }\n  none: { read: [] }\n");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_EQ(written(policy.read("divided")), (Texts{"group:all", "group:sales-{partition}"}));
  EXPECT_EQ(written(policy.read("whole")), (Texts{"group:all"})) << "it has no partition to ask for";
  EXPECT_EQ(written(policy.read("own")), (Texts{"public"}));
  for (const char* feed : {"none", "_users", "_groups", "left over"}) EXPECT_EQ(written(policy.read(feed)), Texts{}) << feed;
}

TEST_F(PolicyTest, AFeedThatNobodyMayReadIsAWarning) {
  (void)read(std::string("feeds:\n") + kDirectory + "  a: {}\n  b: { read: [] }\n  c: { read: public }\n");
  EXPECT_TRUE(faults_.empty());
  EXPECT_EQ(faults_.text(), "mesh.yaml:4:3: warning: nobody may read feed 'a' (write `read: public`, or name groups, as in `read: group:sales`; `node.read` goes for every feed)\n");
}

TEST_F(PolicyTest, AFamilysRulesAreItsFeeds) {
  const auto policy = read("feeds:\n  all: { from: { tables: [ x ] }, read: public }\n  all.own: {}\n");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_EQ(written(policy.read("all.x")), (Texts{"public"}));
  EXPECT_EQ(written(policy.read("all.own")), Texts{});
  EXPECT_EQ(written(policy.read("all")), Texts{});
  EXPECT_EQ(written(policy.read("allx")), Texts{});
}

TEST_F(PolicyTest, OnlyAttributesThatRulesNameAreAskedFor) {
  const auto policy = read(std::string("feeds:\n") + kDirectory +
                           "  a: { partition: x, read: [ principal.site == partition, \"principal.title == 'boss'\", \"principal.site==\\\"A\\\"\" ] }\n");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_EQ(Texts(policy.attributes().begin(), policy.attributes().end()), (Texts{"site", "title"}));
  const auto& rules = policy.read("a");
  EXPECT_EQ(rules[2].attribute, 0U);
  EXPECT_EQ(rules[2].text, "A");
  EXPECT_FALSE(rules[2].by_partition);
  EXPECT_TRUE(rules[0].by_partition);
}

struct Wrong {
  const char* yaml;
  const char* said;
};

class WrongPolicyTest : public PolicyTest, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongPolicyTest, IsSaidWithItsPlace) {
  (void)read(std::string("feeds:\n") + kDirectory + GetParam().yaml);
  EXPECT_NE(faults_.text().find(GetParam().said), std::string::npos) << faults_.text();
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongPolicyTest,
    ::testing::Values(Wrong{"  a: { read: publik }", "mesh.yaml:4:14: 'publik' is no rule of who may read (did you mean 'public'?)"},
                      Wrong{"  a: { read: [ public, grup:x ] }", "mesh.yaml:4:24: 'grup:x' is no rule of who may read (write public, signed-in, user:NAME"},
                      Wrong{"  a: { read: [ group: x ] }", "a rule of who may read is a text (write 'group:NAME' without a space behind the colon)"},
                      Wrong{"  a: { read: \"group:\" }", "'group:' names nobody"},
                      Wrong{"  a: { read: \"group:x-{partition}\" }", "mesh.yaml:4:14: 'group:x-{partition}' asks for the partition of a feed that is not divided (divide the feed"},
                      Wrong{"  a: { read: principal.x == partition }", "asks for the partition of a feed that is not divided"},
                      Wrong{"  a: { partition: p, read: \"user:{partition}\" }", "cannot have {partition} in it"},
                      Wrong{"  a: { partition: p, read: \"group:{partition}{partition}\" }", "has {partition} in it twice"},
                      Wrong{"  a: { partition: p, read: \"group:cn={partition},dc=x\" }", "puts {partition} into a distinguished name"},
                      Wrong{"  a: { partition: p, read: \"group:sales-{region}\" }", "mesh.yaml:4:28: 'group:sales-{region}' has braces in it that mean nothing (there is only {partition}"},
                      Wrong{"  a: { partition: p, read: \"group:{partition}-{x}\" }", "has braces in it that mean nothing"},
                      Wrong{"  a: { read: principal.x = 'y' }", "'principal.x = 'y'' is no condition"},
                      Wrong{"  a: { read: principal.x == y }", "compares with neither partition nor a text in quotes"},
                      Wrong{"  a: { read: \"principal.x == 'y' or 'z'\" }", "compares with neither"},
                      Wrong{"  a: {}\nnode: { roles: { viewr: public } }", "did you mean 'viewer'?"},
                      Wrong{"  a: {}\nnode: { roles: { viewer: public, operator: [ public ] } }", "mesh.yaml:5:46: only a viewer can be everybody (name a group)"},
                      Wrong{"  a: {}\nnode: { roles: { viewer: \"group:{partition}\" } }", "a role is for the whole node"}));

TEST_F(PolicyTest, NamesOfPeopleAndGroupsNeedTheFeedsTheyComeFrom) {
  (void)read("feeds:\n  a: { read: group:x }\n");
  EXPECT_NE(faults_.text().find("mesh.yaml:2:14: 'group:x' lets nobody in: there is no feed `_users` (fill `_users` and `_groups`"), std::string::npos) << faults_.text();
  faults_ = {};
  (void)read("feeds:\n  _users: {}\n  a: { read: [ user:x, group:x ] }\n");
  EXPECT_EQ(faults_.all().size(), 1U) << faults_.text();
  EXPECT_NE(faults_.text().find("mesh.yaml:3:24: 'group:x' lets nobody in: there is no feed `_groups`"), std::string::npos) << faults_.text();
  faults_ = {};
  (void)read("feeds:\n  a: { read: [ public, \"node:CN=x\" ] }\n");
  EXPECT_TRUE(faults_.empty()) << faults_.text();
}

TEST_F(PolicyTest, TheDirectoryIsOneFeedEach) {
  (void)read("feeds:\n  _users: { partition: x }\n  _groups: { from: { tables: [ x ] } }\n");
  EXPECT_NE(faults_.text().find("mesh.yaml:2:24: feed '_users' cannot be divided"), std::string::npos) << faults_.text();
  EXPECT_NE(faults_.text().find("'_groups' is one feed"), std::string::npos) << faults_.text();
}

TEST_F(PolicyTest, FieldsThatPeopleAndGroupsNeedAreMissed) {
  (void)read("feeds:\n  _users: { fields: { login: uid } }\n  _groups: { fields: { title: cn } }\n  a: { read: \"principal.site == 'x'\" }\n");
  EXPECT_EQ(faults_.text(),
            "mesh.yaml:2:21: warning: feed '_users' has no field 'name' (it is what people sign in with, as in `name: uid`)\n"
            "mesh.yaml:3:22: warning: feed '_groups' has no field 'name' (it is what rules call the group, as in `name: cn`)\n"
            "mesh.yaml:3:22: warning: feed '_groups' has no field 'members' (nobody is in a group without, as in `members: member`)\n"
            "mesh.yaml:4:14: 'principal.site == 'x'' lets nobody in: feed `_users` has no field 'site' (write it under `fields:` there)\n");
  faults_ = {};
  (void)read("feeds:\n  _users: { fields: { \"*\": true } }\n  _groups: {}\n  a: { read: \"principal.site == 'x'\" }\n");
  EXPECT_TRUE(faults_.all().empty()) << faults_.text();
}

}  // namespace
}  // namespace meshgate::access
