#include "gateway/ingest/plan.hpp"

#include "tests/unit/ingest/feed_reader_fixture.hpp"

namespace meshgate::ingest {
namespace {

/// What is planned is compared with what a scan then does.
class PlanTest : public FeedReaderTest {
 protected:
  FeedPlan plan(std::size_t samples = 3) { return planned(feed_.get(), samples); }
  FeedPlan planned(store::Feed* feed, std::size_t samples = 3) {
    auto out = attempt(feed, samples);
    EXPECT_TRUE(out) << out.error().message;
    return out ? std::move(*out) : FeedPlan{};
  }
  Result<FeedPlan> attempt(store::Feed* feed, std::size_t samples = 3) {
    SourceOptions source;
    source.plugin = plugin_;
    return plan_feed(source, options_, feed, samples, log_, [this](std::uint64_t rows, std::uint64_t) { told_rows_ = rows; });
  }
  static std::string ids(const PlannedChanges& changes) {
    std::string out = std::to_string(changes.count) + ":";
    for (const auto& one : changes.samples) out += " " + one.id;
    return out;
  }
  std::uint64_t told_rows_ = 0;
};

TEST_F(PlanTest, TheFirstScanOfAFeedThatIsNotThere) {
  table_.faults[4] = "odd";
  const auto out = planned(nullptr);
  EXPECT_FALSE(out.known);
  EXPECT_EQ(out.rows, 10U);
  EXPECT_EQ(told_rows_, 10U);
  EXPECT_EQ(ids(out.added), "9: 1 2 3");
  EXPECT_EQ(out.added.samples[0].after, R"({"id":1,"name":"row 1","zone":"north"})");
  EXPECT_EQ(ids(out.quarantined), "1: 4");
  EXPECT_EQ(out.quarantined.samples[0].reason, "odd");
  EXPECT_EQ(out.schema_after.fields.size(), 3U);
}

TEST_F(PlanTest, AProtectedItemWouldNotGo) {
  options_.guard.kept = {"7"};
  scan();
  table_.rows.erase(7);
  table_.rows.erase(8);
  EXPECT_EQ(ids(plan().missing), "1: 8");
}

TEST_F(PlanTest, OfTheDirectoryNamesAreToldAndProtected) {
  options_.guard = {.share = 10000, .count = 100, .kept = {"row 7"}, .by_name = true};
  scan();
  table_.rows.erase(7);
  table_.rows.erase(8);
  table_.rows[2].name = "changed";
  table_.rows[11] = {.name = "new"};
  auto out = plan();
  EXPECT_EQ(out.added.samples[0].name, "new");
  EXPECT_EQ(out.changed.samples[0].name, "row 2") << "as they are called now";
  EXPECT_EQ(ids(out.missing), "1: 8");
  EXPECT_EQ(out.missing.samples[0].name, "row 8");
  options_.guard = {.share = 0, .count = 0, .kept = {}, .by_name = true};
  out = plan();
  EXPECT_TRUE(out.held.starts_with("a scan did not find 2 of 11 items (row 7, row 8), more than")) << out.held;
  options_.guard = {};
  EXPECT_EQ(plan().added.samples[0].name, "");
}

TEST_F(PlanTest, NothingWouldChange) {
  table_.faults[4] = "odd";
  scan();
  const auto out = plan();
  EXPECT_TRUE(out.known);
  EXPECT_EQ(out.items, 9U);
  EXPECT_EQ(out.unchanged, 9U);
  EXPECT_EQ(out.added.count + out.changed.count + out.removed.count + out.missing.count + out.quarantined.count, 0U);
  EXPECT_EQ(out.still_quarantined, 1U);
}

TEST_F(PlanTest, WhatAScanWouldDoAndThenDoes) {
  scan();
  table_.rows[2].name = "changed";
  table_.rows.erase(7);
  table_.rows[11] = {.name = "new"};
  table_.faults[5] = "odd";
  const Seq before = feed_->state().seq;
  const auto out = plan();
  EXPECT_EQ(feed_->state().seq, before);
  EXPECT_EQ(feed_->state().quarantined, 0U);
  EXPECT_EQ(ids(out.added), "1: 11");
  EXPECT_EQ(ids(out.changed), "1: 2");
  EXPECT_EQ(out.changed.samples[0].before, R"({"id":2,"name":"row 2","zone":"north"})");
  EXPECT_EQ(out.changed.samples[0].after, R"({"id":2,"name":"changed","zone":"north"})");
  EXPECT_EQ(ids(out.missing), "1: 7");
  EXPECT_EQ(out.missing.samples[0].before, R"({"id":7,"name":"row 7","zone":"north"})");
  EXPECT_EQ(ids(out.quarantined), "1: 5");
  EXPECT_EQ(out.held, "");
  EXPECT_EQ(out.unchanged, 7U);
  scan();
  EXPECT_EQ(number(feed_->state().seq), number(before) + 3);
  EXPECT_EQ(ids(plan().missing), "0:");
}

TEST_F(PlanTest, WhatAScanDidNotShowIsAskedForByKey) {
  scan();
  table_.passed_over = {3, 4, 5};
  table_.rows[4].name = "changed";
  table_.faults[5] = "odd";
  table_.rows.erase(7);
  const Seq before = feed_->state().seq;
  const auto out = plan();
  EXPECT_EQ(out.rows, 6U);
  EXPECT_EQ(ids(out.missing), "1: 7");
  EXPECT_EQ(ids(out.changed), "1: 4");
  EXPECT_EQ(ids(out.quarantined), "1: 5");
  EXPECT_EQ(out.unchanged, 7U);
  scan();
  EXPECT_EQ(number(feed_->state().seq), number(before) + 2);
  EXPECT_EQ(feed_->state().count, 9U);
  EXPECT_EQ(feed_->state().quarantined, 1U);
}

TEST_F(PlanTest, SaysWhatTheGuardWouldHold) {
  scan();
  table_.rows.clear();
  const auto out = plan(2);
  EXPECT_EQ(ids(out.missing), "10: 1 2");
  EXPECT_TRUE(out.held.starts_with("a scan found nothing where the feed has 10 items (1, 2, …)")) << out.held;
  scan();
  EXPECT_TRUE(feed_->state().held.starts_with("a scan found nothing where the feed has 10 items")) << "as planned";
}

TEST_F(PlanTest, AChangedMappingOfTheSameTable) {
  scan();
  relabel();
  const auto out = plan();
  EXPECT_EQ(ids(out.changed), "10: 1 2 3");
  EXPECT_EQ(out.changed.samples[0].after, R"({"id":1,"label":"north 1","zone":"north"})");
  EXPECT_NE(out.schema_before.find("name"), nullptr);
  EXPECT_EQ(out.schema_after.find("name"), nullptr);
}

TEST_F(PlanTest, AChangedPartition) {
  scan();
  config::Diagnostics faults;
  options_.definition = mapping::Definition::read({}, {}, config::parse_yaml("zone", "t.yaml", faults), faults);
  const auto out = plan(1);
  EXPECT_EQ(ids(out.changed), "10: 1");
  EXPECT_EQ(out.changed.samples[0].before, out.changed.samples[0].after);
  EXPECT_EQ(out.changed.samples[0].partitions_before, std::vector<std::string>{""});
  EXPECT_EQ(out.changed.samples[0].partitions_after, std::vector<std::string>{"north"});
}

TEST_F(PlanTest, ChangedIdsAreOldItemsThatGoAndNewOnes) {
  scan();
  config::Diagnostics faults;
  options_.definition = mapping::Definition::read({}, config::parse_yaml("'{zone}-{id}'", "t.yaml", faults), {}, faults);
  const auto out = plan(1);
  EXPECT_EQ(ids(out.added), "10: north-1");
  EXPECT_EQ(ids(out.removed), "10: 1");
  EXPECT_EQ(out.missing.count, 0U);
}

TEST_F(PlanTest, IdsThatTwoRecordsWantAreFoundBeyondABatch) {
  config::Diagnostics faults;
  options_.definition = mapping::Definition::read({}, config::parse_yaml("'{zone}'", "t.yaml", faults), {}, faults);
  const auto alone = planned(nullptr);
  EXPECT_EQ(ids(alone.added), "1: north");
  EXPECT_EQ(ids(alone.quarantined), "9: 2 3 4");
  EXPECT_TRUE(alone.quarantined.samples[2].reason.starts_with("id 'north' would belong to two keys")) << alone.quarantined.samples[2].reason;
  const auto beside = plan();
  EXPECT_EQ(beside.added.count, 1U);
  EXPECT_EQ(beside.quarantined.count, 9U);
}

TEST_F(PlanTest, ReportedDeletesAreNotMissing) {
  scan();
  table_.rows.erase(3);
  table_.reported = {3};
  const auto out = plan();
  EXPECT_EQ(ids(out.removed), "1: 3");
  EXPECT_EQ(out.missing.count, 0U);
}

TEST_F(PlanTest, AnUnreadableKeyMeansThatNothingIsSwept) {
  scan();
  table_.rows.erase(3);
  table_.unreadable_key = true;
  const auto out = plan();
  EXPECT_FALSE(out.sweeps);
  EXPECT_EQ(out.missing.count, 0U);
}

TEST_F(PlanTest, WhatWouldBeRefusedIsAnErrorWithItsPlace) {
  scan();
  config::Diagnostics faults;
  options_.place = {"t.yaml", 3, 5};
  options_.definition = mapping::Definition::read(config::parse_yaml("{ id: { column: id, cast: text } }", "t.yaml", faults), {}, {}, faults);
  const auto refused = attempt(feed_.get());
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("t.yaml:3:5: field 'id' was published as int64")) << refused.error().message;
  options_.definition = mapping::Definition::read(config::parse_yaml("{ id: nope }", "t.yaml", faults), {}, {}, faults);
  EXPECT_NE(attempt(nullptr).error().message.find("the source has no column 'nope'"), std::string::npos);
  table_.fail = {MG_RECONNECT, "the server has gone away"};
  EXPECT_EQ(attempt(nullptr).error().code, Code::reconnect);
}

}  // namespace
}  // namespace meshgate::ingest
