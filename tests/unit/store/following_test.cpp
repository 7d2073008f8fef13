#include <gmock/gmock.h>

#include "gateway/store/origin.hpp"
#include "tests/unit/store/cursor_model.hpp"

namespace meshgate::store {
namespace {

using ::testing::HasSubstr;

class FollowingTest : public ::testing::Test {
 protected:
  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> origin_ = feed_of(*store_, "origin");
  std::shared_ptr<Feed> replica_ = feed_of(*store_, "replica");

  void SetUp() override {
    Batch batch("rows");
    for (const char* id : {"1", "2", "3", "4"}) batch.put(id, id, "{}", kWhole);
    batch.set_loading(false);
    commit(*origin_, batch);
  }
  void TearDown() override { expect_whole(*replica_); }
  std::string copy(std::uint64_t entries) { return copy_page(*origin_, *replica_, "", {.entries = entries, .bytes = 1U << 20U}); }
};

TEST_F(FollowingTest, AFirstCopyIsServedOnlyWhenItIsComplete) {
  EXPECT_EQ(copy(3), "");
  EXPECT_FALSE(replica_->standing("").has_value());
  EXPECT_EQ(replica_->changes("", {}, {}).error().code, Code::not_found);
  EXPECT_EQ(copy(3), "");
  EXPECT_EQ(page(*replica_).lines, page(*origin_).lines);
  EXPECT_TRUE(page(*replica_).mark.caught_up);
  EXPECT_EQ(page(*replica_).mark.digest, page(*origin_).mark.digest);
  EXPECT_EQ(replica_->state().epoch, origin_->state().epoch);
  EXPECT_EQ((*replica_->item("3"))->content, "{}");
}

TEST_F(FollowingTest, ADividedFeedIsLoadingUntilEachPartitionIsWhole) {
  const auto there = feed_of(*store_, "there");
  ASSERT_TRUE(there->define({}, "", true));
  Batch batch("rows");
  const Names north{"north"};
  const Names south{"south"};
  batch.put("1", "1", "{}", north);
  for (const char* id : {"2", "3"}) batch.put(id, id, "{}", south);
  batch.set_loading(false);
  commit(*there, batch);
  const auto here = *store_->copy("here", {there->state().uid, {}, true});
  const PageLimits one{.entries = 1, .bytes = 1U << 20U};
  EXPECT_EQ(copy_page(*there, *here, "south", one), "");
  EXPECT_EQ(copy_page(*there, *here, "north", {}), "");
  ASSERT_EQ(here->state().partitions.size(), 1U);
  EXPECT_FALSE(here->standing("north")->loading) << "of this one nothing is missing";
  EXPECT_TRUE(here->state().loading);
  EXPECT_EQ(copy_page(*there, *here, "south", {}), "");
  EXPECT_EQ(here->state().partitions.size(), 2U);
  EXPECT_FALSE(here->state().loading);
}

TEST_F(FollowingTest, ACopyOfWhatWasEmptyIsFilledFromItsBeginning) {
  const auto fresh = feed_of(*store_, "fresh");
  const auto copied = feed_of(*store_, "copied");
  ASSERT_TRUE(copied->adopt({fresh->state().uid, {}, false}));
  EXPECT_EQ(copy_page(*fresh, *copied, "", {}), "");
  for (const char* id : {"1", "2", "3", "4"}) commit(*fresh, put(id, "{}"));
  for (int pages = 0; pages < 4; ++pages) EXPECT_EQ(copy_page(*fresh, *copied, "", {.entries = 1, .bytes = 1U << 20U}), "");
  EXPECT_EQ(page(*copied).lines, page(*fresh).lines);
  EXPECT_EQ(copied->state().count, 4U);
}

TEST_F(FollowingTest, AReplicaIsWhatItsOriginSaysItIs) {
  const FeedState origin = origin_->state();
  Schema schema{7, {{"id", Type::int64, false, 1, {}}}};
  replica_ = *store_->copy("another", {origin.uid, schema, true});
  EXPECT_EQ(replica_->state().uid, origin.uid);
  EXPECT_EQ(replica_->state().schema.version, 7U);
  EXPECT_TRUE(replica_->state().divided);
  EXPECT_TRUE(replica_->state().partitions.empty()) << "nothing is served yet";
  ASSERT_TRUE(replica_->adopt({origin.uid, schema, false}));
  EXPECT_FALSE(replica_->state().divided);
}

TEST_F(FollowingTest, ANameThatMeansAnotherFeedIsRefused) {
  EXPECT_EQ(origin_->adopt({replica_->state().uid, {}, false}).error().code, Code::conflict) << "it has a source";
  const FeedUid another{*Bits128::from_hex(std::string(32, '8'))};
  ASSERT_TRUE(replica_->adopt({another, {}, false}));
  ASSERT_TRUE(replica_->adopt({origin_->state().uid, {}, false})) << "it holds nothing of the other";
  EXPECT_EQ(copy(100), "");
  const auto other = replica_->adopt({FeedUid{*Bits128::from_hex(std::string(32, '7'))}, {}, false});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("another feed of the same name"));
  EXPECT_EQ(replica_->state().uid, origin_->state().uid);
}

TEST_F(FollowingTest, ACursorOfTheOriginGoesOnAtAReplica) {
  const Cursor at = page(*origin_, "", {}, 2).mark.cursor;
  EXPECT_EQ(copy(100), "");
  EXPECT_EQ(brief(page(*replica_, "", at)), "+3:3:1 +4:4:1");
  commit(*origin_, removed("3"));
  EXPECT_EQ(page(*replica_, "", page(*origin_).mark.cursor).answer, Answer::ahead);
}

TEST_F(FollowingTest, WithinItsOwnPassAReplicaTellsNobodyCaughtUp) {
  EXPECT_EQ(copy(100), "");
  for (const char* id : {"1", "2", "3"}) commit(*origin_, removed(id));
  EXPECT_EQ(copy(1), "");
  const Page half = page(*replica_);
  EXPECT_TRUE(half.end);
  EXPECT_FALSE(half.mark.caught_up);
  EXPECT_EQ(half.mark.cursor.high, Seq{7});
  EXPECT_EQ(copy(100), "");
  EXPECT_TRUE(page(*replica_).mark.caught_up);
}

TEST_F(FollowingTest, BelowTheFloorANewCopyGrowsBesideTheOld) {
  EXPECT_EQ(copy(100), "");
  for (const char* id : {"1", "2"}) commit(*origin_, removed(id));
  ASSERT_TRUE(origin_->purge("", Seq{6}));
  EXPECT_EQ(copy(1), "");
  EXPECT_EQ(brief(page(*replica_)), "+1:1:1 +2:2:1 +3:3:1 +4:4:1") << "the old copy is served meanwhile";
  EXPECT_EQ(copy(100), "");
  EXPECT_EQ(brief(page(*replica_)), "+3:3:1 +4:4:1");
  EXPECT_EQ(replica_->standing("")->floor, Seq{6});
  EXPECT_EQ(replica_->state().count, 2U);
}

TEST_F(FollowingTest, AnOrderThatWasLeftIsNotTakenAgain) {
  ASSERT_TRUE(store_->backup(folder_ / "backup"));
  EXPECT_EQ(copy(100), "");
  ASSERT_TRUE(Store::restore(folder_ / "backup", folder_ / "again"));
  const auto again = opened(folder_ / "again");
  const auto restored = feed_of(*again, "origin");
  Batch read("rows");
  read.set_loading(false);
  commit(*restored, read);
  EXPECT_EQ(copy_page(*restored, *replica_, "", {}), "");
  EXPECT_EQ(replica_->state().epoch, restored->state().epoch);
  EXPECT_THAT(copy(100), HasSubstr("in an order that this one has left"));
  EXPECT_FALSE(may_take(*replica_, origin_->state().epoch, {}, false));
  EXPECT_TRUE(may_take(*replica_, restored->state().epoch, {}, false));
  commit(*restored, put("5", "{}"));
  EXPECT_EQ(copy_page(*restored, *replica_, "", {}), "");
  EXPECT_EQ(page(*replica_).lines, page(*restored).lines);
  replica_.reset();
  origin_.reset();
  store_.reset();
  store_ = opened(folder_ / "data");
  replica_ = feed_of(*store_, "replica");
  EXPECT_FALSE(may_take(*replica_, feed_of(*store_, "origin")->state().epoch, {}, false)) << "also after a restart";
}

TEST_F(FollowingTest, AnUnknownOrderOfBeforeIsNotTaken) {
  Batch read("rows");
  read.set_loading(false);
  read.set_as_of(Micros{200});
  commit(*origin_, read);
  EXPECT_EQ(copy(100), "");
  const Epoch other{{7, 7}};
  EXPECT_FALSE(may_take(*replica_, other, Micros{199}, false));
  EXPECT_TRUE(may_take(*replica_, other, Micros{200}, false));
  EXPECT_TRUE(may_take(*replica_, other, Micros{199}, true)) << "who reads its source anew will be further";
  EXPECT_TRUE(may_take(*replica_, other, {}, false)) << "nothing is known of it";
  EXPECT_TRUE(may_take(*replica_, origin_->state().epoch, Micros{100}, false)) << "the order that is held";
}

TEST_F(FollowingTest, ARepeatIsHarmlessAndAForkIsRefused) {
  const Page first = page(*origin_);
  ASSERT_TRUE(replica_->follow("", {}, first.lines, first.mark));
  commit(*origin_, put("5", "{}"));
  const Page next = page(*origin_, "", first.mark.cursor);
  ASSERT_TRUE(replica_->follow("", first.mark.cursor, next.lines, next.mark));
  ASSERT_TRUE(replica_->follow("", first.mark.cursor, next.lines, next.mark));
  EXPECT_EQ(page(*replica_).lines, page(*origin_).lines);
  std::string other;
  append_put(other, Seq{5}, "5", {1, content_hash("5", R"({"x":1})")}, Micros{0}, R"({"x":1})");
  const auto fork = replica_->follow("", first.mark.cursor, other, next.mark);
  ASSERT_FALSE(fork);
  EXPECT_EQ(fork.error().code, Code::conflict);
  EXPECT_THAT(fork.error().message, HasSubstr("fork"));
}

TEST_F(FollowingTest, AForgedLineIsRefused) {
  Page first = page(*origin_);
  const auto at = first.lines.find("\"item\":{}");
  first.lines.replace(at, 9, R"("item":{"x":1})");
  EXPECT_EQ(replica_->follow("", {}, first.lines, first.mark).error().code, Code::corrupt);
}

TEST_F(FollowingTest, AWrongDigestBeginsANewCopy) {
  EXPECT_EQ(copy(100), "");
  commit(*origin_, put("5", "{}"));
  Page next = page(*origin_, "", replica_->followed(""));
  next.mark.count = 77;
  const Cursor from = replica_->followed("");
  EXPECT_EQ(replica_->follow("", from, next.lines, next.mark).error().code, Code::conflict);
  EXPECT_TRUE(replica_->followed("").start());
  EXPECT_EQ(copy(100), "");
  EXPECT_EQ(page(*replica_).lines, page(*origin_).lines);
}

TEST_F(FollowingTest, ATrimReachesTheReplica) {
  EXPECT_EQ(copy(100), "");
  ASSERT_TRUE(origin_->trim("", Seq{2}));
  EXPECT_EQ(copy(100), "");
  EXPECT_EQ(page(*replica_).lines, page(*origin_).lines);
  EXPECT_EQ(replica_->state().count, 2U);
}

TEST_F(FollowingTest, AReaderOwesWhatTheReplicaOwesToo) {
  const auto behind = feed_of(*store_, "behind");
  History history;
  const auto write = [&](const char* id, const char* content) {
    commit(*origin_, put(id, content));
    history.note(*origin_, "");
  };
  history.note(*origin_, "");
  Reader reader("");
  const PageLimits whole;
  EXPECT_EQ(reader.read(*origin_, whole, history), "");
  EXPECT_EQ(copy(100), "");
  write("x", "{}");
  write("y", "{}");
  EXPECT_EQ(copy_page(*origin_, *behind, "", whole), "");
  write("x", R"({"a":1})");
  write("z", "{}");
  EXPECT_EQ(copy(1), "") << "y, but not x, which has moved on";
  EXPECT_EQ(reader.read(*replica_, whole, history), "");
  EXPECT_EQ(reader.read(*behind, whole, history), "");
  EXPECT_FALSE(reader.caught_up()) << "the reader never got x as it was there";
  EXPECT_EQ(reader.read(*origin_, whole, history), "");
  EXPECT_TRUE(reader.caught_up());
}

TEST_F(FollowingTest, OneSourceOrOneOriginNotBoth) {
  const Page first = page(*origin_);
  EXPECT_EQ(origin_->follow("", {}, first.lines, first.mark).error().code, Code::conflict);
  EXPECT_EQ(copy(100), "");
  EXPECT_EQ(replica_->commit(put("9", "{}"), nullptr).error().code, Code::conflict);
}

TEST_F(FollowingTest, ARestartInTheMiddleOfACopyGoesOn) {
  EXPECT_EQ(copy(2), "");
  const Cursor at = replica_->followed("");
  replica_.reset();
  origin_.reset();
  store_.reset();
  store_ = opened(folder_ / "data");
  origin_ = feed_of(*store_, "origin");
  replica_ = feed_of(*store_, "replica");
  EXPECT_EQ(replica_->followed(""), at);
  EXPECT_EQ(copy(2), "");
  EXPECT_EQ(page(*replica_).lines, page(*origin_).lines);
}

}  // namespace
}  // namespace meshgate::store
