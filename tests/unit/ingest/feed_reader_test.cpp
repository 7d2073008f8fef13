#include "tests/unit/ingest/feed_reader_fixture.hpp"

namespace meshgate::ingest {
namespace {

TEST_F(FeedReaderTest, FirstScanFillsTheFeedAndEndsLoading) {
  EXPECT_TRUE(feed_->state().loading);
  scan();
  const auto state = feed_->state();
  EXPECT_FALSE(state.loading);
  EXPECT_EQ(state.count, 10U);
  EXPECT_EQ(content("3"), R"({"id":3,"name":"row 3","zone":"north"})");
  EXPECT_EQ(state.as_of.count, 1000000);
  EXPECT_EQ(reader_->status().phase, Phase::idle);
}

TEST_F(FeedReaderTest, StaysLoadingUntilTheScanIsComplete) {
  ASSERT_TRUE(step());
  EXPECT_EQ(reader_->status().phase, Phase::scanning);
  reader_->close();  // waits for the batch that is being committed
  EXPECT_EQ(feed_->state().count, 3U);
  EXPECT_TRUE(feed_->state().loading);
}

TEST_F(FeedReaderTest, SecondScanOfTheSameRowsMovesNothing) {
  scan();
  const Seq before = feed_->state().seq;
  scan();
  EXPECT_EQ(feed_->state().seq, before);
}

TEST_F(FeedReaderTest, ChangesAndDeletesArrive) {
  scan();
  table_.rows[2].name = "changed";
  table_.rows[4].name.reset();
  table_.rows.erase(7);
  scan();
  EXPECT_EQ(content("2"), R"({"id":2,"name":"changed","zone":"north"})");
  EXPECT_EQ(content("4"), R"({"id":4,"zone":"north"})");
  EXPECT_EQ(content("7"), "none");
  EXPECT_EQ(feed_->state().count, 9U);
}

TEST_F(FeedReaderTest, TellsTheSourceWhoReadsAndWhatIsDurable) {
  const std::string uid = feed_->state().uid.bits.hex();
  EXPECT_EQ(table_.reader, uid);
  scan();
  ASSERT_FALSE(table_.settled.empty());
  EXPECT_EQ(table_.settled.back(), "idle");
  EXPECT_EQ((*feed_->position(kStream))->bytes, "idle");
  stop();
  table_.reader.clear();
  start();
  EXPECT_EQ(table_.reader, uid) << "a restart keeps it";
}

TEST_F(FeedReaderTest, TellsItAlsoWhileThereIsAlwaysMore) {
  scan();
  table_.settled.clear();
  table_.polls = table_.endless = true;
  while (table_.settled.empty()) ASSERT_TRUE(step());
  EXPECT_EQ((*feed_->position(kStream))->bytes, table_.settled.back()) << "what was said to be durable is";
}

TEST_F(FeedReaderTest, ASourceThatForgotTooMuchIsReadAnew) {
  table_.fail_settled = MG_GONE;
  scan();
  const int before = table_.reads;
  table_.rows[11] = {.name = "new"};
  scan();
  EXPECT_GT(table_.reads, before + 3) << "from the beginning";
  EXPECT_EQ(feed_->state().count, 11U);
  table_.fail_settled = MG_AUTH;
  auto refused = step();
  while (refused && !*refused) refused = step();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::auth);
}

TEST_F(FeedReaderTest, ASweepOfKeysDeletesAndAsksForWhatItDoesNotKnow) {
  scan();
  table_.rows[2].name = "changed";
  table_.rows.erase(7);
  table_.rows[11] = {.name = "new"};
  table_.keys_only = true;
  scan();
  EXPECT_EQ(content("2"), R"({"id":2,"name":"row 2","zone":"north"})") << "keys say nothing of values";
  EXPECT_EQ(content("7"), "none");
  EXPECT_EQ(content("11"), R"({"id":11,"name":"new","zone":"north"})");
  EXPECT_EQ(feed_->state().count, 10U);
}

TEST_F(FeedReaderTest, ASweepOfKeysMendsWhatIsInQuarantine) {
  table_.faults[5] = "column name: not exact";
  scan();
  EXPECT_EQ(feed_->state().quarantined, 1U);
  table_.keys_only = true;
  scan();
  EXPECT_EQ(feed_->state().quarantined, 1U) << "it is still bad";
  table_.faults.clear();
  scan();
  EXPECT_EQ(feed_->state().quarantined, 0U);
  EXPECT_EQ(content("5"), R"({"id":5,"name":"row 5","zone":"north"})");
}

TEST_F(FeedReaderTest, WhatAScanFoundThoughEarlierReadsShouldHaveIsTold) {
  scan();
  table_.late = true;
  scan();
  EXPECT_EQ(log_.all.find("should have shown"), std::string::npos) << "nothing changed";
  table_.rows[2].name = "changed";
  scan();
  EXPECT_NE(log_.all.find("the scan found 1 changes that the reads before it should have shown"), std::string::npos) << log_.all;
}

TEST_F(FeedReaderTest, ASourceThatScansAgainByItselfKeepsItsPosition) {
  ASSERT_TRUE(step());
  stop();
  start();
  table_.scans_again = true;
  scan();
  EXPECT_EQ((*feed_->position("main"))->bytes, "idle");
  table_.rows.clear();
  scan();
  EXPECT_NE(feed_->state().held, "");
  EXPECT_EQ((*feed_->position("main"))->bytes, "idle") << "held deletes wait for the next scan";
}

TEST_F(FeedReaderTest, TheConnectorsNoteIsShown) {
  table_.note = "reads what changed";
  scan();
  EXPECT_EQ(reader_->status().note, "reads what changed");
}

TEST_F(FeedReaderTest, BadRecordGoesToQuarantineAndItsItemStays) {
  scan();
  table_.faults[5] = "column name: not exact";
  table_.rows[5].name = "bent";
  scan();
  EXPECT_EQ(content("5"), R"({"id":5,"name":"row 5","zone":"north"})");
  auto quarantined = feed_->quarantined("", 10);
  ASSERT_TRUE(quarantined);
  ASSERT_EQ(quarantined->size(), 1U);
  EXPECT_EQ(quarantined->front().key, "5");
  EXPECT_NE(quarantined->front().reason.find("not exact"), std::string::npos);
  EXPECT_NE(quarantined->front().raw.find("name=bent"), std::string::npos);
}

TEST_F(FeedReaderTest, ReportedDeleteClearsItsQuarantineAndItsItem) {
  scan();
  table_.faults[5] = "odd";
  scan();
  EXPECT_EQ(feed_->state().quarantined, 1U);
  table_.rows.erase(5);
  table_.reported = {5};
  scan();
  EXPECT_EQ(feed_->state().quarantined, 0U);
  EXPECT_EQ(content("5"), "none");
}

TEST_F(FeedReaderTest, QuarantineShowsNoSecret) {
  table_.rows[5].name = "connect with pwd=s3cret please";
  table_.faults[5] = "the driver says: wrong s3cret";
  scan();
  const auto kept = *feed_->quarantined_record("main", "5");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->reason, "the driver says: wrong ***");
  EXPECT_EQ(kept->raw, "id=5, name=connect with pwd=*** please, zone=north");
}

TEST_F(FeedReaderTest, AFullQuarantineIsSaidOnceAndCounted) {
  table_.page = 5000;
  for (int i = 1; i <= 10100; ++i) {
    table_.rows[i] = {.name = "x"};
    table_.faults[i] = "odd";
  }
  scan();
  scan();
  EXPECT_EQ(feed_->state().quarantined, 10100U);
  EXPECT_EQ(feed_->state().beyond, 100U);
  EXPECT_NE(metrics_->text().find("meshgate_quarantine_beyond{source=\"scripted\",feed=\"things\"} 100\n"), std::string::npos);
  const auto said = log_.all.find("quarantine is full");
  ASSERT_NE(said, std::string::npos) << log_.all;
  EXPECT_EQ(log_.all.find("quarantine is full", said + 1), std::string::npos) << log_.all;
}

TEST_F(FeedReaderTest, GoodRecordClearsItsQuarantine) {
  table_.faults[5] = "odd";
  scan();
  EXPECT_EQ(feed_->state().count, 9U);
  table_.faults.clear();
  scan();
  EXPECT_EQ(feed_->state().count, 10U);
  EXPECT_EQ(feed_->state().quarantined, 0U);
}

TEST_F(FeedReaderTest, ScanTakenUpAfterARestartGoesOnWhereItStoppedAndSweepsNothing) {
  scan();
  table_.rows.erase(1);
  ASSERT_TRUE(step());
  stop();
  start();
  const int before = table_.reads;
  scan();
  EXPECT_EQ(table_.reads - before, 2);  // rows 5 to 7, 8 to 10: not from the beginning
  EXPECT_EQ(feed_->state().count, 10U);
  scan();
  EXPECT_EQ(feed_->state().count, 9U);
}

TEST_F(FeedReaderTest, FailedReadChangesNothingAndIsReported) {
  scan();
  table_.fail = {MG_RECONNECT, "the server has gone away"};
  auto failed = step();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::reconnect);
  reader_->fail(failed.error());
  EXPECT_EQ(reader_->status().phase, Phase::failing);
  EXPECT_NE(reader_->status().message.find("gone away"), std::string::npos);
  scan();
  EXPECT_EQ(reader_->status().phase, Phase::idle);
  EXPECT_EQ(reader_->status().message, "");
}

TEST_F(FeedReaderTest, FailedCommitIsReportedByOneOfTheNextStepsAndItsRowsAreReadAgain) {
  ASSERT_TRUE(step());
  ASSERT_TRUE(store_->drop("things"));
  auto later = step();
  while (later && !*later) later = step();
  ASSERT_FALSE(later) << "the end of the scan waits for every commit";
  stop();
  start();
  scan();
  EXPECT_EQ(feed_->state().count, 10U);
}

TEST_F(FeedReaderTest, PositionThatIsGoneIsReadAgainFromTheBeginning) {
  scan();
  table_.fail = {MG_GONE, "too old"};
  scan();
  EXPECT_EQ(feed_->state().count, 10U);
}

TEST_F(FeedReaderTest, NewColumnChangesTheItemsAndTheSchema) {
  scan();
  const Epoch epoch = feed_->state().epoch;
  table_.extra_column = true;
  scan();
  EXPECT_EQ(content("3"), R"({"extra":7,"id":3,"name":"row 3","zone":"north"})");
  EXPECT_EQ(feed_->state().schema.version, 2U);
  EXPECT_EQ(feed_->state().epoch, epoch);
}

TEST_F(FeedReaderTest, APublishedFieldKeepsItsType) {
  scan();
  stop();
  config::Diagnostics faults;
  const auto yaml = config::parse_yaml("{ id: { column: id, cast: text }, zone: zone }", "t.yaml", faults);
  options_.definition = mapping::Definition::read(yaml, {}, {}, faults);
  ASSERT_TRUE(faults.empty()) << faults.text();
  start();
  auto refused = step();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::config);
  EXPECT_NE(refused.error().message.find("'id' was published as int64"), std::string::npos) << refused.error().message;
  EXPECT_EQ(feed_->state().count, 10U);
}

TEST_F(FeedReaderTest, ChangedMappingIsMappedAgainAndPublishesOnlyWhatDiffers) {
  scan();
  const auto before = feed_->state();
  stop();
  config::Diagnostics faults;
  const auto yaml = config::parse_yaml("{ id: id, zone: zone, label: '{zone} {id}' }", "t.yaml", faults);
  options_.definition = mapping::Definition::read(yaml, {}, {}, faults);
  ASSERT_TRUE(faults.empty()) << faults.text();
  start();
  scan();
  const auto after = feed_->state();
  EXPECT_EQ(content("3"), R"({"id":3,"label":"north 3","zone":"north"})");
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_EQ(number(after.seq), number(before.seq) + 10);
  EXPECT_FALSE(after.loading);
}

TEST_F(FeedReaderTest, MappingChangedWithinAScanMapsAlsoWhatTheScanHadRead) {
  ASSERT_TRUE(step());
  stop();
  relabel();
  start();
  scan();
  EXPECT_FALSE(feed_->state().loading);
  EXPECT_EQ(content("1"), R"({"id":1,"label":"north 1","zone":"north"})");
  EXPECT_EQ(content("10"), R"({"id":10,"label":"north 10","zone":"north"})");
}

TEST_F(FeedReaderTest, ChangedMappingIsAppliedThoughTheSourceHasNothingNew) {
  table_.rests = true;
  scan();
  stop();
  relabel();
  start();
  scan();
  EXPECT_EQ(content("3"), R"({"id":3,"label":"north 3","zone":"north"})");
}

TEST_F(FeedReaderTest, AnotherPaceReadsNothingAgain) {
  table_.rests = true;
  options_.pace = {"again"};
  options_.stream = {{"table", "t"}, {"again", "daily"}};
  stop();
  start();
  scan();
  stop();
  options_.stream[1].value = "hourly";
  table_.given.clear();
  start();
  scan();
  EXPECT_TRUE(table_.given.empty()) << "the Position was kept";
  stop();
  options_.stream[0].value = "u";
  start();
  scan();
  EXPECT_FALSE(table_.given.empty());
}

TEST_F(FeedReaderTest, AScanRestsWhereNoneIsWantedAndGoesOnAfterwards) {
  ASSERT_TRUE(step());
  auto idle = step({.light = true});
  ASSERT_TRUE(idle);
  EXPECT_TRUE(*idle);
  EXPECT_TRUE(reader_->scan_waits());
  EXPECT_EQ(reader_->status().phase, Phase::quiet);
  EXPECT_TRUE(feed_->state().loading);
  scan();
  EXPECT_FALSE(reader_->scan_waits());
  EXPECT_EQ(reader_->status().phase, Phase::idle);
  EXPECT_EQ(feed_->state().count, 10U);
  EXPECT_EQ(table_.given, (std::vector<std::size_t>{3, 3, 3, 1}));
  table_.rows.erase(4);
  ASSERT_TRUE(step());
  ASSERT_TRUE(step({.light = true}));
  scan();
  EXPECT_EQ(content("4"), "none") << "a scan that rested sweeps as any other";
}

TEST_F(FeedReaderTest, DeletesMissedByAScanTakenUpInTheMiddleArriveThoughTheSourceHasNothingNew) {
  table_.rests = true;
  table_.rows.erase(4);
  ASSERT_TRUE(step());
  table_.rows.erase(1);
  stop();
  start();
  scan();
  scan();
  EXPECT_EQ(content("1"), "none");
  const int before = table_.reads;
  scan();
  EXPECT_EQ(table_.reads - before, 1);  // and then it rests
}

TEST_F(FeedReaderTest, SweepThatBrokeOffIsMadeUpForThoughTheSourceHasNothingNew) {
  scan();
  table_.rests = true;
  table_.rows.erase(7);
  stop();
  start();
  table_.rests = false;
  table_.fail_lookup = true;
  Result<bool> broken = false;
  while (broken && !*broken) broken = step();
  ASSERT_FALSE(broken);
  table_.rests = true;
  stop();
  start();
  scan();
  scan();
  EXPECT_EQ(content("7"), "none");
}

TEST_F(FeedReaderTest, FirstScanWhoseSweepBrokeOffEndsLoadingThoughTheSourceHasNothingNew) {
  ASSERT_TRUE(step());
  table_.rows.erase(1);
  stop();
  start();
  table_.fail = {MG_GONE, "begin again"};
  table_.fail_lookup = true;
  Result<bool> broken = false;
  while (broken && !*broken) broken = step();
  ASSERT_FALSE(broken);
  table_.rests = true;
  stop();
  start();
  scan();
  EXPECT_FALSE(feed_->state().loading);
}

TEST_F(FeedReaderTest, AScanThatCouldNotSweepDoesNotClaimToKnowTheSourceOfLater) {
  scan();
  table_.rows.erase(1);
  table_.as_of = 2000000;
  ASSERT_TRUE(step());
  stop();
  start();
  scan();
  EXPECT_EQ(feed_->state().as_of.count, 1000000);
  scan();
  EXPECT_EQ(feed_->state().as_of.count, 2000000);
}

TEST_F(FeedReaderTest, RecordsWithoutAKeyAreKeptOnceHoweverOftenTheyAreRead) {
  table_.unreadable_key = true;
  for (int i = 0; i < 3; ++i) scan();
  EXPECT_EQ(feed_->state().quarantined, 1U);
  table_.unreadable_key = false;
  scan();
  EXPECT_EQ(feed_->state().quarantined, 0U);
}

TEST_F(FeedReaderTest, QuarantineForgetsARecordThatIsGoneFromTheSource) {
  table_.faults[5] = "odd";
  scan();
  EXPECT_EQ(feed_->state().quarantined, 1U);
  table_.rows.erase(5);
  scan();
  EXPECT_EQ(feed_->state().quarantined, 0U);
}

TEST_F(FeedReaderTest, ChangedIdRemovesTheOldItems) {
  scan();
  stop();
  config::Diagnostics faults;
  const auto id = config::parse_yaml("'{zone}-{id}'", "t.yaml", faults);
  options_.definition = mapping::Definition::read({}, id, {}, faults);
  ASSERT_TRUE(faults.empty()) << faults.text();
  start();
  scan();
  EXPECT_EQ(feed_->state().count, 10U);
  EXPECT_EQ(content("3"), "none");
  EXPECT_EQ(content("north-3"), R"({"id":3,"name":"row 3","zone":"north"})");
  stop();
  options_.definition = mapping::Definition();
  start();
  scan();
  EXPECT_EQ(feed_->state().count, 10U);
  EXPECT_EQ(content("north-3"), "none");
  EXPECT_EQ(content("3"), R"({"id":3,"name":"row 3","zone":"north"})");
}

TEST_F(FeedReaderTest, DividedFeedMovesItemsBetweenPartitions) {
  stop();
  config::Diagnostics faults;
  options_.definition = mapping::Definition::read({}, {}, config::parse_yaml("zone", "t.yaml", faults), faults);
  start();
  scan();
  table_.rows[3].zone = "south";
  scan();
  const auto state = feed_->state();
  ASSERT_EQ(state.partitions.size(), 2U);
  EXPECT_EQ(state.partitions[0].name, "north");
  EXPECT_EQ(state.partitions[0].count, 9U);
  EXPECT_EQ(state.partitions[1].count, 1U);
  table_.rows[4].zone = "";
  scan();
  EXPECT_EQ(feed_->state().quarantined, 1U);
}

}  // namespace
}  // namespace meshgate::ingest
