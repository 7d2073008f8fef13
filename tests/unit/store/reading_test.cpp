#include <gmock/gmock.h>

#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

class ReadingTest : public ::testing::Test {
 protected:
  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> feed_ = feed_of(*store_);

  void put_many(int count) {
    Batch batch("rows");
    for (int i = 1; i <= count; ++i) batch.put(std::to_string(i), std::to_string(i), "{}", kWhole);
    batch.set_loading(false);
    commit(*feed_, batch);
  }
};

TEST_F(ReadingTest, PagesEndInAResumePointAndOnlyTheHeadIsCaughtUp) {
  put_many(5);
  const Page first = page(*feed_, "", {}, 2);
  EXPECT_EQ(brief(first), "+1:1:1 +2:2:1");
  EXPECT_FALSE(first.end);
  EXPECT_FALSE(first.mark.caught_up);
  EXPECT_EQ(first.mark.cursor.high, Seq{5});
  const Page rest = page(*feed_, "", first.mark.cursor);
  EXPECT_EQ(brief(rest), "+3:3:1 +4:4:1 +5:5:1");
  EXPECT_TRUE(rest.mark.caught_up);
  EXPECT_EQ(rest.mark.count, 5U);
  EXPECT_EQ(rest.mark.digest, feed_->state().partitions[0].digest);
  EXPECT_EQ(rest.mark.cursor.high, Seq{0});
}

TEST_F(ReadingTest, MarksWithinAPageAreThoseOfPagingByHand) {
  put_many(6);
  const auto whole = feed_->changes("", {}, {.mark_every = 2});
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->entries, 6U);
  std::string by_hand;
  Page part = page(*feed_, "", {}, 2);
  for (; !part.end; part = page(*feed_, "", part.mark.cursor, 2)) append_mark(by_hand.append(part.lines), part.mark);
  EXPECT_EQ(whole->lines, by_hand + part.lines);
  EXPECT_TRUE(whole->mark.caught_up);
  EXPECT_EQ(whole->mark.cursor, part.mark.cursor);
}

TEST_F(ReadingTest, TheLatestEntriesComeNewestFirst) {
  put_many(5);
  commit(*feed_, put("2", R"({"a":1})"));
  commit(*feed_, removed("4"));
  const auto seqs = [](const Result<Latest>& read) {
    std::string out;
    LineParser parser;
    for (std::string_view rest = read->lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
      const auto line = parser.parse(rest.substr(0, rest.find('\n')));
      if (const auto* put = std::get_if<PutLine>(&*line)) out.append(" +").append(put->id).append(":").append(std::to_string(number(put->seq)));
      if (const auto* gone = std::get_if<GoneLine>(&*line)) out.append(" -").append(gone->id).append(":").append(std::to_string(number(gone->seq)));
    }
    return out;
  };
  const auto first = feed_->latest("", std::nullopt, 3);
  ASSERT_TRUE(first);
  EXPECT_EQ(seqs(first), " -4:7 +2:6 +5:5");
  EXPECT_EQ(first->head, Seq{7});
  EXPECT_FALSE(first->end);
  const auto rest = feed_->latest("", first->last, 3);
  EXPECT_EQ(seqs(rest), " +3:3 +1:1");
  EXPECT_TRUE(rest->end);
  EXPECT_TRUE(feed_->latest("", Seq{0}, 3)->lines.empty());
  EXPECT_FALSE(feed_->latest("nowhere", std::nullopt, 3));
}

TEST_F(ReadingTest, APageIsBoundedByBytesButBringsAtLeastOneLine) {
  put_many(5);
  const auto one = feed_->changes("", {}, {.entries = 1000, .bytes = 1});
  EXPECT_EQ(one->entries, 1U);
  EXPECT_FALSE(one->end);
}

TEST_F(ReadingTest, NobodyIsCaughtUpWhileTheFeedIsLoading) {
  commit(*feed_, put("1", "{}"));
  const Page all = page(*feed_);
  EXPECT_TRUE(all.end);
  EXPECT_FALSE(all.mark.caught_up);
  EXPECT_TRUE(all.mark.loading);
}

TEST_F(ReadingTest, CursorsThatCannotBeServedAreToldWhy) {
  put_many(3);
  Cursor at = page(*feed_).mark.cursor;
  at.epoch.bits.lo ^= 1;
  EXPECT_EQ(page(*feed_, "", at).answer, Answer::other_epoch);
  at.epoch.bits.lo ^= 1;
  at.seq = Seq{9};
  EXPECT_EQ(page(*feed_, "", at).answer, Answer::beyond_head);
  at.seq = Seq{1};
  commit(*feed_, removed("2"));
  ASSERT_TRUE(feed_->purge("", Seq{4}));
  EXPECT_EQ(page(*feed_, "", at).answer, Answer::below_floor);
  EXPECT_EQ(page(*feed_).answer, Answer::read);
  EXPECT_EQ(page(*feed_).mark.floor, Seq{4});
}

TEST_F(ReadingTest, AnUnknownPartitionIsNotFound) {
  const auto none = feed_->changes("north", {}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::not_found);
  EXPECT_FALSE(feed_->standing("north").has_value());
  EXPECT_TRUE(feed_->standing("").has_value());
}

TEST_F(ReadingTest, ItemsComeInIdOrderWithAToken) {
  Batch batch("rows");
  for (const char* id : {"b", "10", "9", "007", "a", "2", "9999999999999999999", "10000000000000000000"}) batch.put(id, id, "{}", kWhole);
  commit(*feed_, batch);
  commit(*feed_, removed("a"));
  std::string ids;
  std::string token;
  do {
    const auto items = feed_->items(std::nullopt, token, 3);
    ASSERT_TRUE(items);
    for (const StoredItem& item : items->items) ids += item.id + " ";
    token = items->next;
  } while (!token.empty());
  EXPECT_EQ(ids, "2 9 10 9999999999999999999 007 10000000000000000000 b ");
}

TEST_F(ReadingTest, APageOfLargeItemsIsBounded) {
  const std::string large = R"({"a":")" + std::string(1U << 20U, 'x') + R"("})";
  for (int i = 0; i < 6; ++i) commit(*feed_, put(std::to_string(i), large));
  const auto first = feed_->items(std::nullopt, "", 1000);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->items.size(), 3U);
  const auto second = feed_->items(std::nullopt, first->next, 1000);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->items.size(), 3U);
  EXPECT_EQ(second->next, "");
}

TEST_F(ReadingTest, AnItemTellsWhereItIs) {
  commit(*feed_, put("1", "1", R"({"a":1})", {"south", "north"}));
  const auto item = feed_->item("1");
  ASSERT_TRUE(item && *item);
  EXPECT_EQ((*item)->partitions, (Names{"north", "south"}));
  EXPECT_EQ((*item)->content, R"({"a":1})");
  EXPECT_EQ((*item)->rev.hash, content_hash("1", R"({"a":1})"));
  EXPECT_EQ(feed_->items("south", "", 10)->items.size(), 1U);
  EXPECT_FALSE((*feed_->item("2")).has_value());
}

TEST_F(ReadingTest, ItemsOfSomePartitionsComeOnce) {
  commit(*feed_, put("1", "1", R"({"a":1})", {"south", "north"}));
  commit(*feed_, put("2", "2", R"({"a":2})", {"west"}));
  commit(*feed_, put("3", "3", R"({"a":3})", {"south"}));
  commit(*feed_, put("4", "4", R"({"a":4})", {"west"}));
  const Names some{"south", "none", "north"};
  const auto first = feed_->items_in(some, "", 1);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->items.size(), 1U);
  EXPECT_EQ(first->items[0].id, "1");
  const auto second = feed_->items_in(some, first->next, 1);
  ASSERT_TRUE(second);
  ASSERT_EQ(second->items.size(), 1U);
  EXPECT_EQ(second->items[0].id, "3");
  EXPECT_EQ(second->next, "") << "what is in other partitions is no reason for a further page";
  EXPECT_TRUE(feed_->items_in(Names{}, "", 10)->items.empty());
}

TEST_F(ReadingTest, SubscribersHearOfNewsUntilTheyGo) {
  int heard = 0;
  auto subscription = feed_->subscribe([&] { ++heard; });
  put_many(2);
  EXPECT_EQ(heard, 1);
  put_many(2);
  EXPECT_EQ(heard, 1) << "nothing changed";
  subscription.reset();
  commit(*feed_, put("3", "{}"));
  EXPECT_EQ(heard, 1);
}

TEST_F(ReadingTest, PurgeDropsGoneEntriesOnly) {
  put_many(4);
  commit(*feed_, removed("1"));
  commit(*feed_, removed("2"));
  ASSERT_TRUE(feed_->purge("", Seq{5}));
  EXPECT_EQ(brief(page(*feed_)), "+3:3:1 +4:4:1 -6:2");
  expect_whole(*feed_);
  ASSERT_TRUE(feed_->purge_older(Micros{3'600'000'000}));
  EXPECT_EQ(brief(page(*feed_)), "+3:3:1 +4:4:1 -6:2");
  ASSERT_TRUE(feed_->purge_older(Micros{0}));
  EXPECT_EQ(brief(page(*feed_)), "+3:3:1 +4:4:1");
  EXPECT_EQ(feed_->standing("")->head, Seq{6});
  expect_whole(*feed_);
}

TEST_F(ReadingTest, TrimExpiresEntriesAndKeepsOneTrimLine) {
  put_many(4);
  ASSERT_TRUE(feed_->trim("", Seq{2}));
  EXPECT_EQ(brief(page(*feed_)), "+3:3:1 +4:4:1 trim5:2");
  ASSERT_TRUE(feed_->trim("", Seq{3}));
  EXPECT_EQ(brief(page(*feed_)), "+4:4:1 trim6:3");
  EXPECT_EQ(feed_->state().count, 1U);
  EXPECT_EQ(page(*feed_).mark.count, 1U);
  expect_whole(*feed_);
}

TEST_F(ReadingTest, ASchemaWithoutFieldsIsNoneYet) {
  Schema schema;
  ASSERT_TRUE(feed_->define(schema, "rules", true));
  EXPECT_TRUE(feed_->state().divided);
  EXPECT_EQ(feed_->state().schema.version, 0U);
  schema.fields = {{.name = "id", .type = Type::int64, .nullable = false, .key = 1}};
  ASSERT_TRUE(feed_->define(schema, "rules", true));
  EXPECT_EQ(feed_->state().schema.version, 1U);
}

TEST_F(ReadingTest, DefineCountsSchemaVersionsAndForgetsPositionsOnNewRules) {
  Schema schema;
  schema.fields = {{.name = "id", .type = Type::int64, .nullable = false, .key = 1}};
  ASSERT_TRUE(feed_->define(schema, "rules-1", false));
  Batch batch = put("1", "{}");
  batch.set_position({"p"});
  commit(*feed_, batch);
  ASSERT_TRUE(feed_->define(schema, "rules-1", false));
  EXPECT_EQ(feed_->state().schema.version, 1U);
  EXPECT_TRUE((*feed_->position("rows")).has_value());
  schema.fields.push_back({.name = "b"});
  ASSERT_TRUE(feed_->define(schema, "rules-2", true));
  EXPECT_EQ(feed_->state().schema.version, 2U);
  EXPECT_FALSE((*feed_->position("rows")).has_value());
  EXPECT_EQ(feed_->state().count, 1U);
}

}  // namespace
}  // namespace meshgate::store
