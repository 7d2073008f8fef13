#include "tests/unit/ingest/feed_reader_fixture.hpp"

namespace meshgate::ingest {
namespace {

class ReplayTest : public FeedReaderTest {
 protected:
  /// "key word reason", one a line.
  std::string replayed(std::vector<std::string> keys = {}) {
    auto done = reader_->replay(std::move(keys));
    if (!done) return "error: " + done.error().message;
    std::string out;
    for (const auto& one : *done) out += one.key + " " + word(one.fate) + (one.reason.empty() ? "" : " " + one.reason) + "\n";
    return out;
  }
};

TEST_F(ReplayTest, SaysOfEachWhatBecameOfIt) {
  for (const int id : {3, 4, 5}) table_.faults[id] = "odd";
  scan();
  EXPECT_EQ(feed_->state().count, 7U);
  table_.faults.erase(3);
  table_.rows[3].name = "mended";
  table_.faults[4] = "odd in another way";
  table_.rows.erase(5);
  EXPECT_EQ(replayed(), "3 item\n4 bad odd in another way\n5 removed\n");
  EXPECT_EQ(content("3"), R"({"id":3,"name":"mended","zone":"north"})");
  EXPECT_EQ(feed_->state().quarantined, 1U);
  EXPECT_EQ((*feed_->quarantined_record("main", "4"))->reason, "odd in another way");
}

TEST_F(ReplayTest, OnlyTheKeysThatAreNamed) {
  for (const int id : {3, 4}) table_.faults[id] = "odd";
  scan();
  table_.faults.clear();
  EXPECT_EQ(replayed({"4", "77", "no key"}), "4 item\n77 absent\nno key absent\n");
  EXPECT_EQ(feed_->state().quarantined, 1U);
}

TEST_F(ReplayTest, TheItemOfARecordThatIsGoneGoesToo) {
  scan();
  table_.faults[5] = "odd";
  scan();
  EXPECT_EQ(feed_->state().count, 10U);
  table_.rows.erase(5);
  EXPECT_EQ(replayed(), "5 removed\n");
  EXPECT_EQ(content("5"), "none");
}

TEST_F(ReplayTest, MoreThanTheGuardLetsThroughAreKept) {
  options_.guard = {.share = 1000, .count = 2};
  scan();
  for (const int id : {3, 4, 5}) table_.faults[id] = "odd";
  scan();
  for (const int id : {3, 4, 5}) table_.rows.erase(id);
  EXPECT_EQ(replayed(), "3 held 3 of 10 items would go at once\n4 held 3 of 10 items would go at once\n5 held 3 of 10 items would go at once\n");
  EXPECT_EQ(feed_->state().count, 10U);
  EXPECT_EQ(feed_->state().quarantined, 3U);
}

TEST_F(ReplayTest, AProtectedItemIsKept) {
  options_.guard.kept = {"5"};
  scan();
  table_.faults[5] = "odd";
  scan();
  table_.rows.erase(5);
  EXPECT_EQ(replayed(), "5 held a protected item would go\n");
  EXPECT_NE(content("5"), "none");
}

TEST_F(ReplayTest, WhoIsProtectedByNameIsKept) {
  options_.guard.kept = {"Row 5"};
  options_.guard.by_name = true;
  scan();
  table_.faults[5] = "odd";
  scan();
  table_.rows.erase(5);
  EXPECT_EQ(replayed(), "5 held a protected item would go\n");
}

TEST_F(ReplayTest, RecordsThatNeverBecameItemsAreNotCountedByTheGuard) {
  options_.guard = {.share = 0, .count = 0};
  for (const int id : {3, 4, 5}) table_.faults[id] = "odd";
  scan();
  for (const int id : {3, 4, 5}) table_.rows.erase(id);
  EXPECT_EQ(replayed(), "3 removed\n4 removed\n5 removed\n");
  EXPECT_EQ(feed_->state().quarantined, 0U);
}

TEST_F(ReplayTest, ARecordWithoutAReadableKeyIsLeftToTheNextScan) {
  table_.unreadable_key = true;
  scan();
  const std::string said = replayed();
  EXPECT_TRUE(said.starts_with("?") && said.ends_with(" unreadable\n")) << said;
  EXPECT_EQ(feed_->state().quarantined, 1U);
}

TEST_F(ReplayTest, AnIdThatTheStoreRefusesIsStillBad) {
  stop();
  config::Diagnostics faults;
  options_.definition = mapping::Definition::read({}, config::parse_yaml("'{zone}'", "t.yaml", faults), {}, faults);
  start();
  scan();
  ASSERT_EQ(feed_->state().quarantined, 9U);
  const std::string said = replayed({"2"});
  EXPECT_TRUE(said.starts_with("2 bad id 'north' belongs to key '1'")) << said;
}

TEST_F(ReplayTest, GoesOnAfterManyAndTheNextScanIsAsEver) {
  table_.page = 1000;
  for (int i = 1; i <= 2500; ++i) {
    table_.rows[i] = {.name = "row"};
    table_.faults[i] = "odd";
  }
  scan();
  table_.faults.clear();
  const auto done = reader_->replay({});
  ASSERT_TRUE(done);
  EXPECT_EQ(done->size(), 2500U);
  EXPECT_EQ(feed_->state().count, 2500U);
  EXPECT_EQ(feed_->state().quarantined, 0U);
  const Seq before = feed_->state().seq;
  scan();
  EXPECT_EQ(feed_->state().seq, before);
}

TEST_F(ReplayTest, AFailedLookupLeavesEverythingAsItIs) {
  table_.faults[5] = "odd";
  scan();
  table_.faults.clear();
  table_.fail_lookup = true;
  EXPECT_EQ(replayed(), "error: the server has gone away");
  EXPECT_EQ(feed_->state().quarantined, 1U);
  EXPECT_EQ(replayed(), "5 item\n");
}

TEST_F(ReplayTest, ASourceThatIsNotReadSaysSo) {
  EXPECT_NE(replayed().find("error: the source of feed 'things' is not being read at present (starting)"), std::string::npos);
}

TEST_F(ReplayTest, ItIsKnownWhetherSomethingIsOpenAtTheSource) {
  table_.holds = true;
  EXPECT_FALSE(reader_->holds_open());
  ASSERT_TRUE(step());
  EXPECT_TRUE(reader_->holds_open());
  ASSERT_TRUE(step({.let_go = true}));
  EXPECT_FALSE(reader_->holds_open());
  ASSERT_TRUE(step());
  EXPECT_TRUE(reader_->holds_open());
  scan();
  EXPECT_FALSE(reader_->holds_open());
}

TEST_F(ReplayTest, WithinAScanThatGoesOnAfterwards) {
  for (const int id : {2, 9}) table_.faults[id] = "odd";
  scan();
  ASSERT_TRUE(step());  // 1 to 3, of 10
  table_.faults.clear();
  table_.rows.erase(3);
  table_.rows[2].name = "mended";
  EXPECT_EQ(replayed(), "2 item\n9 item\n");
  scan();
  EXPECT_EQ(content("2"), R"({"id":2,"name":"mended","zone":"north"})");
  EXPECT_EQ(feed_->state().quarantined, 0U);
  EXPECT_EQ(content("3"), R"({"id":3,"name":"row 3","zone":"north"})") << "the scan met it";
  scan();
  EXPECT_EQ(content("3"), "none");
  EXPECT_EQ(feed_->state().count, 9U);
}

}  // namespace
}  // namespace meshgate::ingest
