#include "gateway/access/knowledge.hpp"

#include <fstream>

#include "gateway/access/believed.hpp"
#include "gateway/access/keyring.hpp"
#include "gateway/access/token.hpp"
#include "tests/unit/access/sign_in_fixture.hpp"
#include "tests/unit/access/stated_directory.hpp"

namespace meshgate::access {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::int64_t kNow = 1767608109000000;

Moment at(microseconds up, std::int64_t wall = kNow) { return {Uptime::time_point(up), Micros{wall}}; }

TEST(AgeTest, CountsByTheClockThatNobodyCanSet) {
  const auto age = Age::heard(Micros{kNow - 5}, at(seconds(100)));
  EXPECT_EQ(age.at(at(seconds(100))), microseconds(5));
  EXPECT_EQ(age.at(at(seconds(160), kNow - 86400000000)), seconds(60) + microseconds(5)) << "the wall clock was put back";
  EXPECT_EQ(age.at(at(seconds(160), kNow + 86400000000)), seconds(60) + microseconds(5)) << "the wall clock was put forward";
}

TEST(AgeTest, IsNeverYoungerAfterARestartThanItWasWrittenDown) {
  const auto kept = Age::heard(Micros{kNow}, at(seconds(0))).keep(at(hours(3), kNow + 10800000000));
  EXPECT_EQ(Age::kept(kept, at(seconds(7), kNow + 14400000000)).at(at(seconds(7))), hours(4));
  EXPECT_EQ(Age::kept(kept, at(seconds(7), kNow - 14400000000)).at(at(seconds(7))), hours(3)) << "the clock was put back while the node was down";
}

TEST(AgeTest, SomethingFromTheFutureIsNew) { EXPECT_EQ(Age::heard(Micros{kNow + 1000}, at(seconds(1))).at(at(seconds(2))), seconds(1)); }

Charter charter() {
  Charter out;
  out.feeds["orders"] = {{"group:sales-{partition}", "principal.x == 'a \"b\"'"}, R"({"title":"{number}"})"};
  out.feeds["news"] = {{}, {}};
  out.issuer = Issuer{"hq", public_keys({make_token_key(Micros{kNow})}), {"device-1", "device-2"}};
  return out;
}

TEST(CharterTest, ComesBackAndHasOneVersion) {
  const auto one = charter();
  const auto read = parse_charter(charter_text(one));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, one);
  EXPECT_EQ(version_of(*read), version_of(one));
  auto other = one;
  other.issuer->revoked.emplace_back("device-3");
  EXPECT_NE(version_of(other), version_of(one));
  const Statement statement{Micros{kNow}, version_of(one), one, Micros{kNow - 7}};
  const auto again = parse_statement(statement_text(statement));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->as_of, statement.as_of);
  EXPECT_EQ(again->charter, statement.charter);
  EXPECT_EQ(again->rules_as_of, statement.rules_as_of);
  EXPECT_FALSE(parse_statement(statement_text({Micros{kNow}, "v", std::nullopt}))->charter);
}

TEST(CharterTest, WhatIsNoneIsRefusedAndWhatIsNewIsLeftOut) {
  for (const char* text : {"", "{}", "[]", R"({"feeds":[]})", R"({"feeds":{"a":{}}})", R"({"feeds":{"a":{"read":"public"}}})", R"({"feeds":{"a":{"read":[1]}}})",
                           R"({"feeds":{},"issuer":{"name":"","keys":[],"revoked":[]}})", R"({"feeds":{},"issuer":{"name":"hq","keys":["AA"],"revoked":[]}})",
                           R"({"feeds":{},"issuer":{"name":"hq","keys":[]}})"}) {
    EXPECT_FALSE(parse_charter(text)) << text;
  }
  EXPECT_TRUE(parse_charter(R"({"feeds":{"a":{"read":["public"],"new":1}},"newer":{}})"));
  EXPECT_FALSE(parse_statement(R"({"as_of":"yesterday","version":"v"})"));
}

class KnowledgeTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open(std::chrono::milliseconds stale = hours(24)) {
    auto opened = Knowledge::open(file_, {{{"orders", {"hq", "hub"}}, {"open", {}}}, "hq", stale});
    ASSERT_TRUE(opened) << opened.error().message;
    knowledge_ = std::move(*opened);
  }
  static Charter orders(const std::string& rule) {
    Charter out;
    out.feeds["orders"].read = {rule};
    return out;
  }
  bool take(const std::string& peer, const Charter& charter, microseconds old = microseconds(0)) {
    auto taken = knowledge_->take(peer, {Micros{now().count - old.count()}, version_of(charter), charter});
    EXPECT_TRUE(taken) << taken.error().message;
    return taken && *taken;
  }
  std::vector<std::string> read_orders() {
    const auto said = knowledge_->said();
    const auto own = said.find("orders");
    return own == said.end() || !own->second ? std::vector<std::string>() : own->second->read;
  }

  test::Folder folder_;
  std::string file_ = folder_.path() + "/heard.json";
  std::unique_ptr<Knowledge> knowledge_;
};

using Texts = std::vector<std::string>;

TEST_F(KnowledgeTest, AFeedWaitsForItsOriginUntilOnePeerHasSpokenOrAllAreSilent) {
  ASSERT_TRUE(knowledge_->said().contains("orders"));
  EXPECT_FALSE(knowledge_->said().at("orders"));
  EXPECT_FALSE(knowledge_->said().contains("open")) << "nobody is asked about it";
  EXPECT_TRUE(*knowledge_->take_silence("hub"));
  EXPECT_TRUE(knowledge_->said().contains("orders"));
  EXPECT_TRUE(*knowledge_->take_silence("hq"));
  EXPECT_FALSE(knowledge_->said().contains("orders"));
  EXPECT_FALSE(*knowledge_->take_silence("hq"));
}

TEST_F(KnowledgeTest, WhatCameBackFromAnOldCopyGivesNothingBack) {
  const auto says = [&](const std::string& rule, std::int64_t rules_as_of) {
    const auto charter = orders(rule);
    return knowledge_->take("hub", {now(), version_of(charter), charter, Micros{rules_as_of}});
  };
  EXPECT_TRUE(*says("group:all", kNow));
  EXPECT_TRUE(*says("group:few", kNow + 10));
  ASSERT_TRUE(knowledge_->keep());
  open();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(says("group:all", kNow).error().code, Code::retry);
  EXPECT_EQ(read_orders(), (Texts{"group:few"}));
  EXPECT_EQ(knowledge_->rules_as_of(), Micros{kNow + 10});
  EXPECT_FALSE(*says("group:few", kNow + 5)) << "known already";
  EXPECT_EQ(knowledge_->rules_as_of(), Micros{kNow + 10});
  EXPECT_TRUE(*says("group:new", kNow + 20));
  EXPECT_EQ(read_orders(), (Texts{"group:new"}));
  EXPECT_FALSE(says("group:back", kNow + 1)) << "the clock of the origin was put back";
  EXPECT_TRUE(*says("group:back", kNow + 2)) << "it goes on";
  EXPECT_EQ(read_orders(), (Texts{"group:back"}));
}

TEST_F(KnowledgeTest, TheYoungestWordCountsAndIsThereAfterARestart) {
  EXPECT_TRUE(take("hq", orders("group:old"), hours(2)));
  EXPECT_TRUE(take("hub", orders("group:new"), hours(1)));
  EXPECT_EQ(read_orders(), (Texts{"group:new"}));
  EXPECT_GE(*knowledge_->age(), hours(1));
  ASSERT_TRUE(knowledge_->keep());
  open();
  EXPECT_EQ(read_orders(), (Texts{"group:new"}));
  EXPECT_TRUE(take("hq", orders("group:newest")));
  EXPECT_EQ(read_orders(), (Texts{"group:newest"}));
  EXPECT_FALSE(take("hq", orders("group:newest"))) << "nothing has changed";
}

TEST_F(KnowledgeTest, TermsOfAFeedThatIsNotGivenAnyMoreStay) {
  take("hq", orders("group:sales"));
  take("hq", Charter());
  EXPECT_EQ(read_orders(), (Texts{"group:sales"}));
  EXPECT_FALSE(*knowledge_->take_silence("hq"));
  EXPECT_EQ(read_orders(), (Texts{"group:sales"}));
}

TEST_F(KnowledgeTest, UnchangedNeedsWhatIsUnchanged) {
  EXPECT_FALSE(knowledge_->take("hq", {now(), "v", std::nullopt}));
  take("hq", orders("group:sales"), hours(5));
  auto taken = knowledge_->take("hq", {now(), knowledge_->version("hq"), std::nullopt});
  ASSERT_TRUE(taken);
  EXPECT_FALSE(*taken);
  EXPECT_LT(*knowledge_->age(), hours(1));
}

TEST_F(KnowledgeTest, IsStaleByItsOldestPart) {
  open(seconds(3600));
  EXPECT_FALSE(knowledge_->stale());
  take("hq", orders("group:sales"));
  EXPECT_FALSE(knowledge_->stale());
  knowledge_->heard("orders", Micros{now().count - 3601000000});
  EXPECT_TRUE(knowledge_->stale()) << "a feed that decisions rest on stands still";
  knowledge_->heard("orders", now());
  EXPECT_FALSE(knowledge_->stale());
  take("hq", orders("group:sales"), hours(2));
  EXPECT_TRUE(knowledge_->stale());
  ASSERT_TRUE(knowledge_->keep());
  open(seconds(3600));
  EXPECT_TRUE(knowledge_->stale()) << "a restart makes nothing younger";
}

TEST_F(KnowledgeTest, ADamagedFileIsToldWithItsName) {
  take("hq", orders("group:sales"));
  std::ofstream(file_) << "{";
  const auto opened = Knowledge::open(file_, {});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(file_), std::string::npos);
}

// ---- tokens of another node ----

class BelievedTest : public test::SignInFixture {
 protected:
  [[nodiscard]] Result<Principal> here(const Grant& grant, std::string_view audience = "meshgate") const { return believed_.principal_of(grant.access, audience, Micros{clock_}); }
  Believed believed_;
};

TEST_F(BelievedTest, TakesWhatTheIssuerSignedUntilItsDeviceIsRevoked) {
  const auto grant = signed_in();
  EXPECT_EQ(here(grant).error().code, Code::retry) << "no keys are known yet";
  believed_.use(sign_in_->issuer());
  const auto who = here(grant);
  ASSERT_TRUE(who) << who.error().message;
  EXPECT_EQ(*who, *principal(grant));
  EXPECT_EQ(here(grant, "meshgate browser").error().code, Code::auth);
  ASSERT_TRUE(sign_in_->revoke(grant.device, "a test"));
  EXPECT_TRUE(here(grant)) << "it is not known here yet";
  believed_.use(sign_in_->issuer());
  EXPECT_EQ(here(grant).error().code, Code::auth);
  EXPECT_FALSE(believed_.stands(*who));
}

TEST_F(BelievedTest, TakesNothingOfAnotherMeshThatHasTheSameName) {
  const auto grant = signed_in();
  auto other = sign_in_->issuer();
  other.keys = public_keys({make_token_key(Micros{kStart})});
  believed_.use(other);
  EXPECT_EQ(here(grant).error().code, Code::auth);
  auto renamed = sign_in_->issuer();
  renamed.name = "another";
  believed_.use(renamed);
  EXPECT_EQ(here(grant).error().code, Code::auth);
}

TEST_F(BelievedTest, KeysThatAreNotSaidAnyMoreAreGoodForNothing) {
  const auto grant = signed_in();
  auto issuer = sign_in_->issuer();
  believed_.use(issuer);
  ASSERT_TRUE(here(grant));
  issuer.keys.clear();
  believed_.use(issuer);
  EXPECT_EQ(here(grant).error().code, Code::auth);
}

TEST_F(BelievedTest, ANodeThatBelievesTakesNoTokenOfItsOwn) {
  const auto grant = signed_in();
  sign_in_->believe(std::nullopt);
  EXPECT_EQ(principal(grant).error().code, Code::retry);
  sign_in_->believe(Issuer{"hq", {}, {}});
  EXPECT_EQ(principal(grant).error().code, Code::auth);
}

TEST_F(BelievedTest, RevokedDevicesAreSaidUntilTheirTokensAreOverAlsoAfterAKill) {
  const auto grant = signed_in();
  ASSERT_TRUE(sign_in_->revoke(grant.device, "a test"));
  open();
  EXPECT_EQ(sign_in_->issuer().revoked, (Texts{grant.device}));
  pass(hours(12) + std::chrono::minutes(2));
  sign_in_->tend();
  EXPECT_EQ(sign_in_->issuer().revoked, Texts());
}

// ---- rules of an origin ----

class OriginRulesTest : public StatedDirectory {
 protected:
  void fill() {
    put(*users_, "u1", R"({"name":"alice","site":"A"})");
    put(*users_, "u2", R"({"name":"bob"})");
    put(*groups_, "g1", R"({"name":"sales-north","members":["alice","bob"]})");
    loaded(*users_);
    loaded(*groups_);
  }
  void say(const Said& said) {
    config::Diagnostics unknown;
    const auto policy = policy_of("node: { read: signed-in }\nfeeds:\n  _users: {}\n  _groups: {}\n"
                                  "  silent: { from: { peer: hq } }\n  narrow: { from: { peer: hq }, read: [ \"user:alice\", \"node:CN=branch\" ] }\n")
                            .with(said, unknown);
    EXPECT_EQ(unknown.empty(), !expects_unknown_) << unknown.text();
    access_->use(policy);
  }
  bool becomes(const std::string& user, const std::string& feed, Sight wanted, const std::string& partition = "north") {
    return comes_true([&] { return sight(user, feed, partition) == wanted; });
  }
  bool expects_unknown_ = false;
};

TEST_F(OriginRulesTest, CountAndARuleHereNarrowsThem) {
  fill();
  start("");
  say({{"silent", std::nullopt}, {"narrow", std::nullopt}});
  EXPECT_TRUE(becomes("u1", "silent", Sight::unsure)) << "the origin has not spoken yet";
  EXPECT_TRUE(becomes("u1", "narrow", Sight::unsure));
  EXPECT_EQ(access_->sight({.user = "", .device = "", .node = "CN=branch"}, "narrow"), Sight::allowed) << "which nodes go on from here is said here";
  const Terms north{{"group:sales-{partition}", "node:CN=hub"}, {}};
  say({{"silent", north}, {"narrow", north}});
  EXPECT_TRUE(becomes("u2", "silent", Sight::allowed));
  EXPECT_EQ(sight("u2", "silent", "south"), Sight::denied) << "what the node says for all counts for nothing where an origin has its say";
  EXPECT_EQ(sight("u1", "narrow", "north"), Sight::allowed);
  EXPECT_EQ(sight("u1", "narrow", "south"), Sight::denied) << "a rule here opens nothing";
  EXPECT_EQ(sight("u2", "narrow", "north"), Sight::denied);
  EXPECT_EQ(access_->sight({.user = "", .device = "", .node = "CN=hub"}, "silent"), Sight::denied) << "a rule for a node is for the origin's own readers";
  EXPECT_NE(access_->explain("bob", "narrow", "north").note.find("the origin would let them"), std::string::npos);
  EXPECT_EQ(access_->explain("alice", "silent", "north").rule, "group:sales-{partition} (the origin of feed silent)");
  EXPECT_FALSE(access_->open_to_all("silent"));
  say({{"silent", Terms{{"public"}, {}}}, {"narrow", Terms{{"public"}, {}}}});
  EXPECT_TRUE(becomes("", "silent", Sight::allowed));
  EXPECT_TRUE(access_->open_to_all("silent"));
  EXPECT_FALSE(access_->open_to_all("narrow"));
  EXPECT_EQ(sight("", "narrow"), Sight::denied);
}

TEST_F(OriginRulesTest, AFieldThatOnlyAnOriginAsksForIsRead) {
  fill();
  start("");
  say({{"silent", Terms{{"principal.site == partition"}, {}}}});
  EXPECT_TRUE(becomes("u1", "silent", Sight::allowed, "A"));
  EXPECT_EQ(sight("u1", "silent", "B"), Sight::denied);
}

TEST_F(OriginRulesTest, ARuleThatIsNotKnownLetsNobodyIn) {
  fill();
  start("");
  expects_unknown_ = true;
  say({{"silent", Terms{{"planet:mars"}, {}}}});
  EXPECT_TRUE(becomes("u1", "silent", Sight::denied));
}

}  // namespace
}  // namespace meshgate::access
