#include "gateway/access/directory_access.hpp"

#include <atomic>
#include <thread>

#include "tests/unit/access/stated_directory.hpp"

namespace meshgate::access {
namespace {

constexpr const char* kFeeds =
    "  orders: { partition: region, read: [ \"group:sales-{partition}\", group:auditors ] }\n"
    "  news: { read: public }\n"
    "  menu: { read: signed-in }\n"
    "  diary: { read: user:alice }\n"
    "  sites: { partition: site, read: principal.site == partition }\n"
    "  plans: { read: principal.title == 'boss' }\n"
    "  stock: { read: \"node:CN=till\" }\n"
    "  secret: {}\n"
    "  tables: { from: { tables: [ x ] }, read: group:auditors }\n";

class DirectoryAccessTest : public StatedDirectory {
 protected:
  void fill() {
    put(*users_, "u1", R"({"name":"alice","site":["A","B"],"title":"boss"})");
    put(*users_, "u2", R"({"name":"bob","site":"C"})");
    put(*users_, "u3", R"({"name":"carol","disabled":true})");
    put(*groups_, "g1", R"({"name":"sales-north","members":["alice"]})");
    put(*groups_, "g2", R"({"name":"auditors","members":["leads"]})");
    put(*groups_, "g3", R"({"name":"leads","members":["bob","carol"]})");
    loaded(*users_);
    loaded(*groups_);
  }
};

TEST_F(DirectoryAccessTest, EachFormOfARuleLetsInWhomItSays) {
  fill();
  start(kFeeds);
  const auto allowed = [&](const char* user, const char* feed, const char* partition = "") { return sight(user, feed, partition) == Sight::allowed; };
  EXPECT_TRUE(allowed("u1", "orders", "north"));
  EXPECT_FALSE(allowed("u1", "orders", "south"));
  EXPECT_TRUE(allowed("u2", "orders", "north")) << "through the group leads";
  EXPECT_TRUE(allowed("u2", "orders", "south"));
  EXPECT_TRUE(allowed("", "news"));
  EXPECT_FALSE(allowed("", "menu"));
  EXPECT_TRUE(allowed("u2", "menu"));
  EXPECT_TRUE(allowed("u1", "diary"));
  EXPECT_FALSE(allowed("u2", "diary"));
  EXPECT_TRUE(allowed("u1", "sites", "B"));
  EXPECT_FALSE(allowed("u1", "sites", "C"));
  EXPECT_FALSE(allowed("u1", "sites", "b")) << "a partition's name counts as it is written";
  EXPECT_TRUE(allowed("u1", "plans"));
  EXPECT_FALSE(allowed("u2", "plans"));
  EXPECT_TRUE(allowed("u2", "tables.sales")) << "a feed of the family";
  EXPECT_FALSE(allowed("u1", "tables.sales"));
}

TEST_F(DirectoryAccessTest, NobodyIsTheDefaultAlsoForTheDirectoryItself) {
  fill();
  start(kFeeds);
  for (const char* feed : {"secret", "_users", "_groups", "unknown", "tables"}) {
    for (const char* user : {"", "u1", "u2", "u3", "nobody"}) EXPECT_EQ(sight(user, feed), Sight::denied) << user << " " << feed;
  }
}

TEST_F(DirectoryAccessTest, WhoIsDisabledOrNotInTheDirectoryHasOnlyWhatIsPublic) {
  fill();
  start(kFeeds);
  for (const char* user : {"u3", "u9"}) {
    for (const char* feed : {"menu", "diary", "plans", "tables.x"}) EXPECT_EQ(sight(user, feed), Sight::denied) << user << " " << feed;
    EXPECT_EQ(sight(user, "orders", "north"), Sight::denied) << user;
    EXPECT_EQ(sight(user, "news"), Sight::allowed) << user;
  }
}

TEST_F(DirectoryAccessTest, ACertificateIsANodeAndNoPerson) {
  fill();
  start(kFeeds);
  const Principal till{.user = "", .device = "", .node = "CN=till"};
  EXPECT_EQ(access_->sight(till, "stock", ""), Sight::allowed);
  EXPECT_EQ(access_->sight(till, "menu", ""), Sight::denied);
  EXPECT_EQ(access_->sight({.user = "", .device = "", .node = "CN=other"}, "stock", ""), Sight::denied);
}

TEST_F(DirectoryAccessTest, AFeedIsSeenWhenSomePartitionOfItMayBeTheirs) {
  fill();
  start(kFeeds);
  const auto any = [&](const char* user, const char* feed) { return access_->sight({.user = user, .device = "", .node = ""}, feed); };
  EXPECT_EQ(any("u1", "orders"), Sight::allowed);
  EXPECT_EQ(any("u2", "sites"), Sight::allowed);
  EXPECT_EQ(any("u3", "orders"), Sight::denied);
  put(*groups_, "g1", R"({"name":"sales-north","members":[]})");
  EXPECT_TRUE(comes_true([&] { return any("u1", "orders") == Sight::denied; }));
}

TEST_F(DirectoryAccessTest, OnlyWhatIsPublicIsOpenToAll) {
  start(kFeeds);
  EXPECT_TRUE(access_->open_to_all("news"));
  for (const char* feed : {"orders", "menu", "stock", "secret", "unknown"}) EXPECT_FALSE(access_->open_to_all(feed)) << feed;
}

TEST_F(DirectoryAccessTest, UntilBothFeedsAreReadNobodyIsLetInOrTurnedAway) {
  put(*users_, "u1", R"({"name":"alice"})");
  loaded(*users_);
  start(kFeeds, "{ roles: { viewer: group:auditors } }");
  EXPECT_EQ(sight("u1", "menu"), Sight::unsure) << "the groups are loading";
  EXPECT_EQ(sight("u1", "diary"), Sight::unsure);
  EXPECT_EQ(access_->role({.user = "u1", .device = "", .node = ""}), std::nullopt);
  EXPECT_EQ(access_->named("alice").error().code, Code::retry);
  EXPECT_EQ(sight("u1", "news"), Sight::allowed) << "public needs no directory";
  EXPECT_EQ(sight("u1", "secret"), Sight::denied) << "nobody needs none either";
  EXPECT_EQ(sight("", "menu"), Sight::denied) << "nor who is not signed in";
  loaded(*groups_);
  EXPECT_TRUE(comes_true([&] { return sight("u1", "menu") == Sight::allowed; }));
  EXPECT_EQ(access_->role({.user = "u1", .device = "", .node = ""}), Role::none);
}

TEST_F(DirectoryAccessTest, AFeedThatLoadsAgainMakesUnsure) {
  fill();
  start(kFeeds);
  EXPECT_EQ(sight("u1", "menu"), Sight::allowed);
  loaded(*users_, true);
  EXPECT_TRUE(comes_true([&] { return sight("u1", "menu") == Sight::unsure; }));
  loaded(*users_);
  EXPECT_TRUE(comes_true([&] { return sight("u1", "menu") == Sight::allowed; }));
}

TEST_F(DirectoryAccessTest, AChangeIsTakenInAndTold) {
  fill();
  start(kFeeds);
  put(*groups_, "g1", R"({"name":"sales-north","members":["alice","bob"]})");
  put(*groups_, "g3", R"({"name":"leads","members":["alice"]})");
  EXPECT_TRUE(comes_true([&] { return sight("u1", "orders", "west") == Sight::allowed && sight("u2", "orders", "west") == Sight::denied; }));
  EXPECT_EQ(sight("u2", "orders", "north"), Sight::allowed);
  put(*users_, "u1", R"({"name":"alice","disabled":"1"})");
  EXPECT_TRUE(comes_true([&] { return sight("u1", "menu") == Sight::denied; }));
  put(*users_, "u1", R"({"name":"alice"})");
  EXPECT_TRUE(comes_true([&] { return sight("u1", "menu") == Sight::allowed; }));
  remove(*users_, "u1");
  EXPECT_TRUE(comes_true([&] { return sight("u1", "menu") == Sight::denied; }));
  remove(*groups_, "g1");
  EXPECT_TRUE(comes_true([&] { return sight("u2", "orders", "north") == Sight::denied; }));
}

TEST_F(DirectoryAccessTest, WhoIsAskedAboutBesideChangesIsAnsweredByTheOneOrTheOther) {
  fill();
  put(*groups_, "g4", R"({"name":"left","members":["leads"]})");
  put(*groups_, "g5", R"({"name":"right","members":[]})");
  start(std::string(kFeeds) + "  both: { read: [ group:left, group:right ] }\n  turn: { read: group:left }\n");
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        if (sight("u2", "both") != Sight::allowed || sight("u1", "both") != Sight::denied || sight("u2", "orders", "north") != Sight::allowed) ++wrong;
      }
    });
  }
  // Through the group leads, in one of the two at every moment.
  for (int i = 0; i < 30; ++i) {
    put(*groups_, i % 2 == 0 ? "g5" : "g4", i % 2 == 0 ? R"({"name":"right","members":["leads"]})" : R"({"name":"left","members":["leads"]})");
    put(*groups_, i % 2 == 0 ? "g4" : "g5", i % 2 == 0 ? R"({"name":"left","members":[]})" : R"({"name":"right","members":[]})");
    put(*users_, "u" + std::to_string(100 + i), R"({"name":"somebody"})");
  }
  EXPECT_TRUE(comes_true([&] { return sight("u2", "turn") == Sight::allowed && sight("u129", "menu") == Sight::allowed; }));
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(DirectoryAccessTest, OtherRulesTakeEffectWithTheFieldsTheyAskFor) {
  fill();
  start("  orders: { partition: region, read: \"group:sales-{partition}\" }\n");
  EXPECT_EQ(sight("u1", "orders", "north"), Sight::allowed);
  access_->use(policy_of("feeds: { _users: {}, _groups: {}, orders: { partition: region, read: principal.site == partition } }"));
  EXPECT_TRUE(comes_true([&] { return sight("u2", "orders", "C") == Sight::allowed; }));
  EXPECT_EQ(sight("u1", "orders", "north"), Sight::denied);
  access_->use(policy_of("feeds: { _users: {}, _groups: {}, orders: { partition: region, read: signed-in } }"));
  EXPECT_TRUE(comes_true([&] { return sight("u1", "orders", "north") == Sight::allowed; }));
}

TEST_F(DirectoryAccessTest, RightsStayTheSameAsLongAsDecisionsDo) {
  fill();
  start(kFeeds);
  const auto rights = [&](const char* user) { return access_->rights({.user = user, .device = "", .node = ""}).value_or(""); };
  const auto put_person = [&](const char* id, const char* content) { put(*users_, id, content); };
  std::string alice = rights("u1");
  std::string bob = rights("u2");
  EXPECT_NE(alice, bob);
  EXPECT_EQ(rights("u3"), rights("nobody")) << "disabled is as good as not there";
  // Each changes alice's and not bob's.
  const std::vector<std::function<void()>> changes = {
      [&] { put(*groups_, "g1", R"({"name":"sales-south","members":["alice"]})"); },
      [&] { put(*groups_, "g4", R"({"name":"more","members":["sales-south"]})"); },
      [&] { put_person("u1", R"({"name":"alice","site":"A","title":"boss"})"); },
      [&] { put_person("u7", R"({"name":"alice"})"); },
      [&] { put_person("u1", R"({"name":"alice","disabled":true})"); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    changes[i]();
    EXPECT_TRUE(comes_true([&] { return rights("u1") != alice; })) << i;
    EXPECT_EQ(rights("u2"), bob) << i;
    alice = rights("u1");
  }
  // Somebody else in the same group is nothing to those who are in it.
  put(*groups_, "g3", R"({"name":"leads","members":["bob","carol","u7"]})");
  EXPECT_TRUE(comes_true([&] { return sight("u7", "tables.x") == Sight::allowed; }));
  EXPECT_EQ(rights("u2"), bob);
  access_->use(policy_of("feeds: { _users: {}, _groups: {}, menu: { read: signed-in } }"));
  EXPECT_TRUE(comes_true([&] { return !rights("u2").empty() && rights("u2") != bob; })) << "other rules";
}

TEST_F(DirectoryAccessTest, ADirectoryOfManyPagesIsReadWhole) {
  store::Batch batch("main");
  for (int i = 0; i < 2500; ++i) {
    const std::string number = std::to_string(i);
    batch.put(number, number, "{\"name\":\"p" + number + "\"}", store::kWhole);
  }
  batch.set_loading(false);
  store::commit(*users_, batch);
  put(*groups_, "g1", R"({"name":"auditors","members":["p0","p2499"]})");
  loaded(*groups_);
  start(kFeeds);
  EXPECT_EQ(sight("0", "tables.x"), Sight::allowed);
  EXPECT_EQ(sight("2499", "tables.x"), Sight::allowed);
  EXPECT_EQ(sight("2498", "tables.x"), Sight::denied);
  EXPECT_EQ(sight("2498", "menu"), Sight::allowed);
  EXPECT_NE(metrics_.text().find("meshgate_directory_people 2500"), std::string::npos) << metrics_.text();
}

TEST_F(DirectoryAccessTest, TheHighestRoleCounts) {
  fill();
  start(kFeeds, "{ roles: { viewer: signed-in, operator: [ user:bob ], administrator: [ group:auditors, \"node:CN=till\" ] } }");
  const auto role = [&](const char* user, const char* node = "") { return access_->role({.user = user, .device = "", .node = node}); };
  EXPECT_EQ(role("u1"), Role::viewer);
  EXPECT_EQ(role("u2"), Role::administrator);
  EXPECT_EQ(role("u3"), Role::none);
  EXPECT_EQ(role(""), Role::none);
  EXPECT_EQ(role("", "CN=till"), Role::administrator);
}

TEST_F(DirectoryAccessTest, ALoginNameMeansOnePerson) {
  fill();
  put(*users_, "u4", R"({"name":"Bob"})");
  put(*users_, "u5", R"({"name":"u1"})");
  start(kFeeds);
  EXPECT_EQ(access_->named("ALICE")->anchor, "u1");
  EXPECT_TRUE(access_->named("carol")->disabled);
  EXPECT_EQ(access_->named("bob").error().code, Code::not_found) << "two are called so";
  EXPECT_EQ(access_->named("u1")->anchor, "u5") << "an anchor is no login name";
  EXPECT_EQ(access_->named("dave").error().code, Code::not_found);
  EXPECT_EQ(access_->anchored("u1")->name, "alice");
  EXPECT_EQ(access_->anchored("alice").error().code, Code::not_found);
}

TEST_F(DirectoryAccessTest, WithoutADirectoryWhatIsPublicIsSeenAndNothingElse) {
  auto access = DirectoryAccess::start(policy_of("feeds: { news: { read: public }, orders: {} }"), *store_, nullptr, log_, metrics_);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ((*access)->sight({.user = "u1", .device = "", .node = ""}, "news", ""), Sight::allowed);
  EXPECT_EQ((*access)->sight({.user = "u1", .device = "", .node = ""}, "orders", ""), Sight::denied);
  EXPECT_EQ((*access)->role({.user = "u1", .device = "", .node = ""}), Role::none);
}

}  // namespace
}  // namespace meshgate::access
