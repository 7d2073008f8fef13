#include "gateway/device/mirror.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/device/canned_node.hpp"
#include "tests/unit/device/mirror_fixture.hpp"
#include "tests/unit/device/scripted_server.hpp"

namespace meshgate::device {
namespace {

using test::CannedNode;
using testing::HasSubstr;

class MirrorTest : public test::MirrorFixture {};

TEST_F(MirrorTest, OnceMirrorsAnUndividedFeed) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 2500; ++i) node.put(std::to_string(i), test::small_content(i));
  node.remove("17");

  const MirrorSummary summary = once(node);
  ASSERT_EQ(summary.parts.size(), 1U);
  EXPECT_TRUE(summary.verified());
  EXPECT_EQ(summary.parts[0].items, 2499U);
  EXPECT_EQ(summary.parts[0].digest, node.digest().text());
  EXPECT_EQ(summary.text(), "orders: 2499 items, digest " + node.digest().text() + " equal to the gateway's\n");
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, AFeedThatIsNoLongerDividedIsReadOnce) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 50; ++i) node.put(std::to_string(i), test::small_content(i));
  node.add_partition("north");  // empty, left from before
  const MirrorSummary summary = once(node);
  EXPECT_EQ(summary.parts.size(), 1U);
  EXPECT_TRUE(summary.verified());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, GoesOnWhereItStopped) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 50; ++i) node.put(std::to_string(i), test::small_content(i));
  once(node);
  node.put("7", test::small_content(700));
  node.remove("8");
  const MirrorSummary summary = once(node);
  EXPECT_TRUE(summary.verified());
  EXPECT_EQ(summary.parts[0].lines, 2U);
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, FollowsChangesAndLeavesAGoodFileWhenCancelled) {
  CannedNode node(test::small_schema());
  node.put("1", test::small_content(1));
  follow(options(node));
  wait_for_digest(node);
  node.put("2", test::small_content(2));
  wait_for_digest(node);
  node.remove("1");
  wait_for_digest(node);
  auto summary = stop();
  ASSERT_TRUE(summary.has_value()) << summary.error().message;
  EXPECT_TRUE(summary->verified());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, OnceWaitsUntilAFeedIsLoaded) {
  CannedNode node(test::small_schema());
  node.set_loading(true);
  node.put("1", test::small_content(1));
  MirrorOptions wanted = options(node);
  wanted.once = true;
  follow(wanted);
  wait_until([](const auto& all) { return !all.empty() && all.back().held == 1; });
  node.put("2", test::small_content(2));
  node.set_loading(false);
  wait_for_digest(node);
  thread_.join();
  ASSERT_TRUE(summary_->has_value());
  EXPECT_TRUE((*summary_)->verified());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, OnceWaitsForThePartitionsThatACopyHasNotGotYet) {
  CannedNode node(test::small_schema());
  node.divide({"north"});
  node.put("1", test::small_content(1), "north");
  node.set_incomplete(true);
  MirrorOptions wanted = options(node);
  wanted.once = true;
  wanted.partitions = {"north"};
  follow(wanted);
  thread_.join();
  ASSERT_TRUE(summary_->has_value()) << "what was asked for was there";
  live_.reset();
  progress_.clear();
  wanted.partitions = {};
  follow(wanted);
  wait_until([](const auto& all) { return !all.empty() && all.back().stage == MirrorProgress::Stage::caught_up; });
  node.put("2", test::small_content(2), "south");
  node.set_incomplete(false);
  thread_.join();
  ASSERT_TRUE(summary_->has_value());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, GoneKeepsItemsAndComparesThem) {
  CannedNode node(test::small_schema());
  node.set_page(7);
  for (int i = 0; i < 40; ++i) node.put(std::to_string(i), test::small_content(i));
  once(node);
  for (int i = 0; i < 10; ++i) node.remove(std::to_string(i));
  node.put("41", test::small_content(41));
  node.purge();  // the deletes are no longer in the log: the cursor is below the floor
  const MirrorSummary summary = once(node);
  EXPECT_TRUE(summary.verified());
  EXPECT_THAT(said_, HasSubstr("410"));
  EXPECT_THAT(said_, HasSubstr("10 rows are no longer at the node"));
  EXPECT_EQ(stored(), node.contents());
  EXPECT_EQ(sql("SELECT group_concat(id) FROM _meshgate_met"), "");
}

TEST_F(MirrorTest, ANewEpochIsComparedToo) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 30; ++i) node.put(std::to_string(i), test::small_content(i));
  once(node);
  node.remove("3");
  node.put("5", test::small_content(55));
  node.new_epoch();
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, ANewEpochInTheMiddleOfAStream) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 30; ++i) node.put(std::to_string(i), test::small_content(i));
  follow(options(node));
  wait_for_digest(node);
  node.remove("3");
  node.new_epoch();
  wait_for_digest(node);
  ASSERT_TRUE(stop().has_value());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, AWrongDigestIsComparedNotBelieved) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 30; ++i) node.put(std::to_string(i), test::small_content(i));
  node.lie({.wrong_digests = 2});
  EXPECT_TRUE(once(node).verified());
  EXPECT_THAT(said_, HasSubstr("count or digest differ, 2 times in a row"));
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, WrongDigestsAreNotReadForEver) {
  CannedNode node(test::small_schema());
  node.put("1", test::small_content(1));
  node.lie({.wrong_digests = 1000000});
  MirrorOptions wanted = options(node);
  wanted.once = true;
  auto summary = run(wanted);
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, Code::corrupt);
  EXPECT_THAT(summary.error().message, HasSubstr("3 times in a row"));
  EXPECT_LT(node.requests(), 10U);
}

TEST_F(MirrorTest, AWrongHashIsRefusedAndReadAgain) {
  CannedNode node(test::small_schema());
  node.put("a", test::small_content(1));
  node.put("b", test::small_content(2));
  node.lie({.wrong_hashes = 2});
  EXPECT_TRUE(once(node).verified());
  EXPECT_THAT(said_, HasSubstr("orders: the item 'a' at seq 1 is not what its revision says"));
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, LinesOutOfOrderAreRefused) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 5; ++i) node.put(std::to_string(i), test::small_content(i));
  node.lie({.reversed = 2});
  EXPECT_TRUE(once(node).verified());
  EXPECT_THAT(said_, HasSubstr("does not keep the order"));
}

TEST_F(MirrorTest, CutAnswersAndBusyNodesAreAskedAgain) {
  CannedNode node(test::small_schema());
  node.set_page(10);
  for (int i = 0; i < 95; ++i) node.put(std::to_string(i), test::small_content(i));
  node.lie({.cut = 5, .busy = 1});
  EXPECT_TRUE(once(node).verified());
  EXPECT_THAT(said_, HasSubstr("answered 503"));
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, ExpiredEntriesGo) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 20; ++i) node.put(std::to_string(i), test::small_content(i));
  once(node);
  node.trim(15);
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored().size(), 5U);
}

TEST_F(MirrorTest, RowsChangedByOthersAreFoundAndPutRight) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 20; ++i) node.put(std::to_string(i), test::small_content(i));
  once(node);
  alter(
      "UPDATE orders SET name='other' WHERE _id='3'; DELETE FROM orders WHERE _id='4'; UPDATE orders SET _rev='x' WHERE _id='5';"
      "INSERT INTO orders(_id,_rev,_seq) VALUES('ghost','1-00000000000000000000000000000000',1); UPDATE orders SET total=1.5 WHERE "
      "_id='6'");
  EXPECT_TRUE(once(node).verified());
  EXPECT_THAT(said_, HasSubstr("is not as the mirror left it"));
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, RowsChangedByOthersWhileItRuns) {
  CannedNode node(test::small_schema());
  for (int i = 0; i < 20; ++i) node.put(std::to_string(i), test::small_content(i));
  follow(options(node));
  wait_for_digest(node);
  alter("UPDATE orders SET _rev='x' WHERE _id='5'; DELETE FROM orders WHERE _id='6'");
  node.put("5", test::small_content(55));
  wait_for_digest(node);
  node.put("6", test::small_content(66));
  wait_for_digest(node);
  ASSERT_TRUE(stop().has_value());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, NewFieldsBecomeColumnsAndViewsStay) {
  CannedNode node(test::small_schema());
  node.put("1", test::small_content(1));
  once(node);
  alter("CREATE VIEW names AS SELECT _id, name FROM orders; CREATE INDEX by_name ON orders(name)");
  Schema schema = test::small_schema();
  schema.version = 2;
  schema.fields.erase(schema.fields.begin() + 1);  // name is gone
  schema.fields.push_back({"extra", Type::float64, true, 0, {}});
  node.set_schema(schema);
  node.put("2", "{\"extra\":-0,\"id\":2}");
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
  EXPECT_EQ(sql("SELECT typeof(extra) FROM orders WHERE _id='2'"), "real");
  EXPECT_EQ(sql("SELECT name FROM names WHERE _id='1'"), "n\"1ü");
}

TEST_F(MirrorTest, AnInBandSchemaIsFollowedLive) {
  CannedNode node(test::small_schema());
  node.put("1", test::small_content(1));
  follow(options(node));
  wait_for_digest(node);
  Schema schema = test::small_schema();
  schema.version = 2;
  schema.fields.push_back({"extra", Type::text, true, 0, {}});
  node.set_schema(schema);
  node.put("2", "{\"extra\":\"e\",\"id\":2}");
  wait_for_digest(node);
  ASSERT_TRUE(stop().has_value());
  EXPECT_EQ(stored(), node.contents());
  EXPECT_EQ(sql("SELECT extra FROM orders WHERE _id='2'"), "e");
}

TEST_F(MirrorTest, AFieldOfAnotherTypeGetsAnotherColumn) {
  CannedNode node(test::small_schema());
  node.put("1", test::small_content(1));
  once(node);
  Schema schema = test::small_schema();
  schema.version = 2;
  schema.fields[2].type = Type::int64;
  node.set_schema(schema);
  node.put("2", "{\"id\":2,\"name\":\"n\",\"total\":5}");
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
  EXPECT_EQ(sql("SELECT typeof(total_2) FROM orders WHERE _id='2'"), "integer");
  EXPECT_EQ(sql("SELECT _content IS NOT NULL AND total IS NULL FROM orders WHERE _id='1'"), "");
  EXPECT_TRUE(once(node).verified());
}

TEST_F(MirrorTest, FieldNamesThatSqliteCannotTellApart) {
  Schema schema;
  schema.version = 1;
  schema.fields = {
      {"A", Type::text, true, 0, {}}, {"a", Type::int64, true, 0, {}}, {"_id", Type::text, true, 0, {}}, {"x\"y", Type::text, true, 0, {}}};
  CannedNode node(schema);
  node.put("1", "{\"A\":\"big\",\"_id\":\"mine\",\"a\":1,\"x\\\"y\":\"q\"}");
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
  EXPECT_EQ(sql("SELECT \"A\" || a_2 || _id_2 || \"x\"\"y\" FROM orders WHERE _content IS NULL"), "big1mineq");
}

TEST_F(MirrorTest, AnotherFeedUnderTheNameIsRefusedUnlessReplaced) {
  CannedNode node(test::small_schema());
  node.put("1", test::small_content(1));
  once(node);
  node.set_uid(99);
  node.remove("1");
  node.put("2", test::small_content(2));
  MirrorOptions wanted = options(node);
  wanted.once = true;
  auto refused = run(wanted);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("--replace"));
  EXPECT_EQ(stored().size(), 1U);
  wanted.replace = true;
  auto replaced = run(wanted);
  ASSERT_TRUE(replaced.has_value()) << replaced.error().message;
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, OneMirrorPerFile) {
  CannedNode node(test::small_schema());
  auto first = Mirror::open(options(node), {});
  ASSERT_TRUE(first.has_value());
  auto second = Mirror::open(options(node), {});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_THAT(second.error().message, HasSubstr("another meshgate mirror writes this file"));
}

TEST_F(MirrorTest, NoNodeIsGivenUpAfterAWhileAndNamed) {
  MirrorOptions wanted;
  {
    const CannedNode gone(test::small_schema());
    wanted = options(gone);
  }
  wanted.once = true;
  wanted.patience = std::chrono::milliseconds(20);
  auto summary = run(wanted);
  ASSERT_FALSE(summary.has_value());
  EXPECT_THAT(summary.error().message, HasSubstr(wanted.url));
  EXPECT_THAT(summary.error().message, HasSubstr("check that the node is running"));
}

TEST_F(MirrorTest, ABusyNodeIsNotAskedWithoutPauses) {
  std::atomic<int> asked{0};
  test::ScriptedServer server([&](const std::string&, test::Wire& wire) {
    ++asked;
    wire.whole(503, "{}");
  });
  MirrorOptions wanted;
  wanted.url = server.url();
  wanted.file = file_;
  wanted.once = true;
  wanted.first_backoff = wanted.longest_backoff = std::chrono::milliseconds(40);
  wanted.patience = std::chrono::milliseconds(100);
  auto summary = run(wanted);
  ASSERT_FALSE(summary.has_value());
  EXPECT_LE(asked, 7) << "at least 20 ms lie between two requests";
  EXPECT_EQ(said_.find("answered 503"), said_.rfind("answered 503")) << "the same failure is a warning once: " << said_;
}

TEST_F(MirrorTest, AFeedThatIsNotThereIsSaid) {
  CannedNode node(test::small_schema());
  MirrorOptions wanted = options(node);
  wanted.once = true;
  wanted.feeds = {"customers"};
  auto summary = run(wanted);
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, Code::not_found);
  EXPECT_THAT(summary.error().message, HasSubstr("no such feed"));
}

TEST_F(MirrorTest, MembershipsOfADividedFeed) {
  CannedNode node(test::small_schema());
  node.divide({"east", "west"});
  for (int i = 0; i < 10; ++i) node.put(std::to_string(i), test::small_content(i), i < 7 ? "east" : "west");
  node.put("0", test::small_content(0), "west");  // in both
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
  node.put("0", test::small_content(100), "east");
  node.put("0", test::small_content(100), "west");
  node.remove("0", "east");
  node.remove("1", "east");
  node.put("2", test::small_content(2), "west");  // moves
  node.remove("2", "east");
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
  node.remove("0", "west");
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
  EXPECT_EQ(stored().count("0"), 0U);
}

TEST_F(MirrorTest, ManyPartitionsTakeTurnsAndNewOnesAreFound) {
  CannedNode node(test::small_schema());
  std::set<std::string> names;
  for (int p = 0; p < 12; ++p) names.insert("p" + std::to_string(p));
  node.divide(names);
  for (int i = 0; i < 120; ++i) node.put(std::to_string(i), test::small_content(i), "p" + std::to_string(i % 12));
  MirrorOptions wanted = options(node);
  wanted.connections = 2;
  follow(wanted);
  for (const std::string& name : names) wait_for_digest(node, name);
  node.put("n", test::small_content(1000), "new");
  wait_for_digest(node, "new");
  node.put("m", test::small_content(1001), "p3");
  wait_for_digest(node, "p3");
  ASSERT_TRUE(stop().has_value());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, ADividedFeedAfterANewEpoch) {
  CannedNode node(test::small_schema());
  node.divide({"east", "west"});
  for (int i = 0; i < 40; ++i) node.put(std::to_string(i), test::small_content(i), i % 2 == 0 ? "east" : "west");
  once(node);
  node.remove("2", "east");
  node.put("3", test::small_content(33), "west");
  node.new_epoch();
  EXPECT_TRUE(once(node).verified());
  EXPECT_EQ(stored(), node.contents());
}

TEST_F(MirrorTest, PartitionsThatAreNotThere) {
  CannedNode node(test::small_schema());
  node.divide({"east"});
  MirrorOptions wanted = options(node);
  wanted.once = true;
  wanted.partitions = {"nowhere"};
  auto summary = run(wanted);
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, Code::not_found);
}

TEST_F(MirrorTest, ADividedFeedWithoutPartitionsIsCaughtUp) {
  CannedNode node(test::small_schema());
  node.divide({});
  EXPECT_TRUE(once(node).parts.empty());
}

TEST_F(MirrorTest, OnlyTheWantedPartitions) {
  CannedNode node(test::small_schema());
  node.divide({"east", "west"});
  node.put("1", test::small_content(1), "east");
  node.put("2", test::small_content(2), "west");
  MirrorOptions wanted = options(node);
  wanted.once = true;
  wanted.partitions = {"west"};
  auto summary = run(wanted);
  ASSERT_TRUE(summary.has_value());
  ASSERT_EQ(summary->parts.size(), 1U);
  EXPECT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored().count("2"), 1U);
}

}  // namespace
}  // namespace meshgate::device
