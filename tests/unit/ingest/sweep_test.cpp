#include "tests/unit/ingest/feed_reader_fixture.hpp"

namespace meshgate::ingest {
namespace {

/// A table of a thousand rows, so that the guard's share and count both matter.
class SweepTest : public FeedReaderTest {
 protected:
  void fill(int rows) {
    table_.page = 300;
    for (int i = 1; i <= rows; ++i) table_.rows[i] = {.name = "row " + std::to_string(i)};
    scan();
  }
  void erase(int first, int last) {
    for (int i = first; i <= last; ++i) table_.rows.erase(i);
  }
  [[nodiscard]] bool shows(const std::string& metric) const { return metrics_->text().find(metric + "\n") != std::string::npos; }
};

TEST_F(SweepTest, UpToTheShareDeletesAreMade) {
  fill(2000);
  erase(1, 200);
  scan();
  EXPECT_EQ(feed_->state().count, 1800U);
  EXPECT_EQ(feed_->state().held, "");
}

TEST_F(SweepTest, UpToTheCountDeletesAreMadeWhateverTheirShare) {
  fill(150);
  erase(1, 100);
  scan();
  EXPECT_EQ(feed_->state().count, 50U);
}

TEST_F(SweepTest, BeyondBothTheyAreHeldWithNumbersSamplesAndTheCommandToSay) {
  fill(2000);
  erase(101, 301);
  scan();
  EXPECT_EQ(feed_->state().count, 2000U);
  EXPECT_EQ(table_.lookups, 0);
  const std::string held = feed_->state().held;
  EXPECT_TRUE(held.starts_with("a scan did not find 201 of 2000 items (101, 102, 103, 104, 105, …), more than 10% and more than 100; they are kept.")) << held;
  EXPECT_NE(held.find("`meshgate release things`"), std::string::npos) << held;
  EXPECT_NE(log_.all.find("deletes are held: a scan did not find 201 of 2000"), std::string::npos) << log_.all;
  EXPECT_TRUE(shows("meshgate_deletes_held{source=\"scripted\",feed=\"things\"} 1"));
}

TEST_F(SweepTest, TheLogSaysOnceThatDeletesAreHeldThoughTheirNumberMoves) {
  fill(2000);
  erase(1, 500);
  scan();
  erase(501, 600);
  scan();
  EXPECT_TRUE(feed_->state().held.starts_with("a scan did not find 600 of 2000 items")) << feed_->state().held;
  const auto said = log_.all.find("deletes are held");
  ASSERT_NE(said, std::string::npos);
  EXPECT_EQ(log_.all.find("deletes are held", said + 1), std::string::npos) << log_.all;
}

TEST_F(SweepTest, OtherChangesGoOnWhileDeletesAreHeld) {
  fill(2000);
  erase(1, 500);
  table_.rows[600].name = "changed";
  table_.rows[2001] = {.name = "new"};
  scan();
  EXPECT_EQ(content("600"), R"({"id":600,"name":"changed","zone":"north"})");
  EXPECT_EQ(content("2001"), R"({"id":2001,"name":"new","zone":"north"})");
  EXPECT_EQ(feed_->state().count, 2001U);
}

TEST_F(SweepTest, AReleaseLetsOneSweepThrough) {
  fill(2000);
  erase(1, 500);
  scan();
  reader_->release();
  scan();
  EXPECT_EQ(feed_->state().count, 1500U);
  EXPECT_EQ(feed_->state().held, "");
  EXPECT_TRUE(shows("meshgate_deletes_held{source=\"scripted\",feed=\"things\"} 0"));
  erase(501, 1000);
  scan();
  EXPECT_EQ(feed_->state().count, 1500U) << "the release is used up";
}

TEST_F(SweepTest, AReleaseThatWasNotNeededIsUsedUpToo) {
  fill(2000);
  reader_->release();
  scan();
  erase(1, 500);
  scan();
  EXPECT_EQ(feed_->state().count, 2000U);
}

TEST_F(SweepTest, AReleaseOutlivesASweepThatBrokeOff) {
  fill(2000);
  erase(1, 500);
  scan();
  reader_->release();
  table_.fail_lookup = true;
  Result<bool> broken = false;
  while (broken && !*broken) broken = step();
  ASSERT_FALSE(broken);
  scan();
  EXPECT_EQ(feed_->state().count, 1500U);
}

TEST_F(SweepTest, ARestartKeepsWhatIsHeldAndForgetsARelease) {
  fill(2000);
  erase(1, 500);
  scan();
  reader_->release();
  stop();
  start();
  EXPECT_TRUE(shows("meshgate_deletes_held{source=\"scripted\",feed=\"things\"} 1"));
  scan();
  EXPECT_EQ(feed_->state().count, 2000U);
  EXPECT_NE(feed_->state().held, "");
}

TEST_F(SweepTest, DeletesThatTheSourceReportsAreNeverHeld) {
  fill(2000);
  for (int i = 1; i <= 1500; ++i) {
    table_.rows.erase(i);
    table_.reported.push_back(i);
  }
  scan();
  EXPECT_EQ(feed_->state().count, 500U);
  EXPECT_EQ(feed_->state().held, "");
}

TEST_F(SweepTest, MissingOnesAreCountedRightlyBesideReportedOnes) {
  fill(2000);
  for (int i = 1; i <= 300; ++i) {
    table_.rows.erase(i);
    table_.reported.push_back(i);
  }
  erase(301, 700);
  scan();
  EXPECT_TRUE(feed_->state().held.starts_with("a scan did not find 400 of 1700 items")) << feed_->state().held;
}

TEST_F(SweepTest, TheGuardIsAsTheFeedSays) {
  options_.guard = {.share = 6000, .count = 0};
  fill(1000);
  erase(1, 600);
  scan();
  EXPECT_EQ(feed_->state().count, 400U);
  erase(601, 841);
  scan();
  EXPECT_TRUE(feed_->state().held.starts_with("a scan did not find 241 of 400 items (601, 602, 603, 604, 605, …), more than 60% and more than 0")) << feed_->state().held;
}

TEST_F(SweepTest, AProtectedItemGoesOnlyWhenTheSourceReportsIt) {
  options_.guard.kept = {"7"};
  scan();
  erase(7, 8);
  scan();
  EXPECT_NE(content("7"), "none");
  EXPECT_EQ(content("8"), "none");
  table_.rows.clear();
  reader_->release();
  scan();
  EXPECT_EQ(feed_->state().count, 1U) << "nor does a release let it go";
  table_.reported.push_back(7);
  scan();
  EXPECT_EQ(feed_->state().count, 0U);
}

TEST_F(SweepTest, WhoIsProtectedByNameStaysWhateverTheirId) {
  options_.guard = {.share = 10000, .count = 100, .kept = {"ROW 7", "8", "row 99"}, .by_name = true};
  scan();
  erase(7, 9);
  scan();
  EXPECT_NE(content("7"), "none");
  EXPECT_NE(content("8"), "none") << "an id still counts";
  EXPECT_EQ(content("9"), "none");
  options_.guard.by_name = false;
  scan();
  EXPECT_EQ(content("7"), "none") << "of other feeds only ids count";
}

TEST_F(SweepTest, PeopleWhoAreHeldAreNamed) {
  options_.guard = {.share = 0, .count = 0, .kept = {}, .by_name = true};
  scan();
  erase(3, 5);
  scan();
  EXPECT_TRUE(feed_->state().held.starts_with("a scan did not find 3 of 10 items (row 3, row 4, row 5), more than")) << feed_->state().held;
}

TEST_F(SweepTest, HeldDeletesAreForgottenWhenFewEnoughAreMissing) {
  fill(2000);
  const auto rows = table_.rows;
  erase(1, 500);
  scan();
  table_.rows = rows;
  erase(1, 10);
  scan();
  EXPECT_EQ(feed_->state().held, "");
  EXPECT_EQ(feed_->state().count, 1990U);
  EXPECT_NE(log_.all.find("no longer held"), std::string::npos) << log_.all;
}

TEST_F(SweepTest, DeletedRowGoesAlsoWhenANewOneKeepsTheCount) {
  scan();
  table_.rows.erase(7);
  table_.rows[11] = {.name = "row 11"};
  scan();
  EXPECT_EQ(content("7"), "none");
  EXPECT_EQ(feed_->state().count, 10U);
}

TEST_F(SweepTest, ScanThatFindsNothingDeletesNothingUntilReleased) {
  scan();
  table_.rows.clear();
  scan();
  EXPECT_EQ(feed_->state().count, 10U);
  EXPECT_NE(feed_->state().held, "");
  reader_->release();
  scan();
  EXPECT_EQ(feed_->state().count, 0U);
  EXPECT_EQ(feed_->state().held, "");
}

TEST_F(SweepTest, HeldDeletesAreForgottenWhenTheRowsAreBack) {
  scan();
  const auto rows = std::exchange(table_.rows, {});
  scan();
  table_.rows = rows;
  scan();
  EXPECT_EQ(feed_->state().held, "");
  EXPECT_EQ(feed_->state().count, 10U);
}

TEST_F(SweepTest, TheSourceIsAskedAgainBeforeAnInferredDelete) {
  scan();
  table_.hidden = true;  // the scan shows nothing, as a lagging replica may, but the rows are there
  reader_->release();
  scan();
  EXPECT_GT(table_.lookups, 0);
  EXPECT_EQ(feed_->state().count, 10U);
}

TEST_F(SweepTest, UnreadableKeySweepsNothing) {
  scan();
  table_.rows.erase(7);
  table_.unreadable_key = true;
  scan();
  EXPECT_EQ(feed_->state().count, 10U);
  table_.unreadable_key = false;
  scan();
  EXPECT_EQ(feed_->state().count, 9U);
}

TEST_F(SweepTest, ReleasedDeletesAreMadeThoughTheSourceHasNothingNew) {
  scan();
  table_.rows.clear();
  scan();
  EXPECT_NE(feed_->state().held, "");
  table_.rests = true;
  reader_->release();
  scan();
  EXPECT_EQ(feed_->state().count, 0U);
}

}  // namespace
}  // namespace meshgate::ingest
