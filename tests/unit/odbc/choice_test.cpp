#include "connectors/odbc/choice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meshgate::odbc {

namespace {

using ::testing::HasSubstr;

Table table() {
  Table out{.name = "orders", .from = "orders"};
  out.columns = {{.name = "id", .native = "bigint", .type = MG_INT64, .nullable = false, .key = 1},
                 {.name = "Updated_At", .native = "timestamp(6)", .type = MG_TIMESTAMPTZ, .nullable = false},
                 {.name = "local", .native = "datetime", .type = MG_TIMESTAMP},
                 {.name = "note", .native = "text", .type = MG_TEXT}};
  return out;
}

std::vector<ColumnFacts> facts(bool kept = true, bool indexed = true) {
  return {{.column = "id", .indexed = true}, {.column = "Updated_At", .indexed = indexed, .kept = kept}, {.column = "local"}, {.column = "note"}};
}

sdk::Status choose(const TrackWish& wish, Choice& out, Blind blind = Blind::no, const std::vector<ColumnFacts>& known = facts()) {
  return choose_track(wish, table(), known, Engine::mariadb, blind, out);
}

}  // namespace

TEST(Choice, TakesWhatIsAskedFor) {
  Choice out;
  ASSERT_TRUE(choose({.track = "updated_at"}, out).ok());
  EXPECT_EQ(out.column, "Updated_At");
  EXPECT_EQ(out.rule.kind, TrackKind::time);
  EXPECT_THAT(out.note, HasSubstr("reads what changed by column 'Updated_At', keys every 1m or less often (for deletes), all rows every 24h"));
  ASSERT_TRUE(choose({.track = "id"}, out).ok());
  EXPECT_EQ(out.rule.kind, TrackKind::number);
  ASSERT_TRUE(choose({.track = "scan"}, out).ok());
  EXPECT_EQ(out.column, "");
}

TEST(Choice, RefusesWhatCannotBeTracked) {
  Choice out;
  EXPECT_THAT(choose({.track = "nowhere"}, out).message, HasSubstr("no column 'nowhere'"));
  EXPECT_THAT(choose({.track = "note"}, out).message, HasSubstr("of type text and cannot be tracked"));
}

TEST(Choice, ATimeWithoutAZoneNeedsOne) {
  Choice out;
  EXPECT_THAT(choose({.track = "local"}, out).message, HasSubstr("`zone: UTC`"));
  EXPECT_THAT(choose({.track = "local", .zone = "Europe/Berlin"}, out).message, HasSubstr("is no zone"));
  ASSERT_TRUE(choose({.track = "local", .zone = "-05:00"}, out).ok());
  EXPECT_EQ(out.rule.zone, -5 * 3600 * std::int64_t{1'000'000});
  ASSERT_TRUE(choose({.track = "local", .zone = "utc"}, out).ok());
  EXPECT_EQ(out.rule.zone, 0);
  EXPECT_THAT(out.note, HasSubstr("may be NULL"));
  EXPECT_THAT(out.note, HasSubstr("no index begins with it"));
}

TEST(Choice, AnOverlapFitsItsColumn) {
  Choice out;
  ASSERT_TRUE(choose({.track = "updated_at", .overlap = "15m"}, out).ok());
  EXPECT_EQ(out.rule.overlap, 900 * std::int64_t{1'000'000});
  ASSERT_TRUE(choose({.track = "id", .overlap = "1000"}, out).ok());
  EXPECT_EQ(out.rule.overlap, 1000);
  EXPECT_THAT(choose({.track = "id", .overlap = "15m"}, out).message, HasSubstr("write a number"));
  EXPECT_THAT(choose({.track = "updated_at", .overlap = "1000"}, out).message, HasSubstr("write a duration"));
}

TEST(Choice, ASequenceThatGivesNumbersInAdvanceNeedsAnOverlap) {
  auto known = facts();
  known[0].at_once = 20;
  Choice out;
  EXPECT_THAT(choose({.track = "id"}, out, Blind::no, known).message, HasSubstr("20 numbers at once"));
  EXPECT_TRUE(choose({.track = "id", .overlap = "5000"}, out, Blind::no, known).ok());
}

TEST(Choice, OnlyWhatTheDatabaseGuaranteesIsChosen) {
  Choice out;
  ASSERT_TRUE(choose({}, out).ok());
  EXPECT_EQ(out.column, "Updated_At");
  EXPECT_THAT(out.note, HasSubstr("chosen because the database sets the column at each change"));
  ASSERT_TRUE(choose({}, out, Blind::right).ok());
  EXPECT_EQ(out.column, "") << "what nobody asked for needs no rights";
  ASSERT_TRUE(choose({}, out, Blind::no, facts(true, false)).ok());
  EXPECT_EQ(out.column, "");
  EXPECT_THAT(out.note, HasSubstr("give it an index first"));
  ASSERT_TRUE(choose({}, out, Blind::no, facts(false)).ok());
  EXPECT_EQ(out.column, "");
  EXPECT_THAT(out.note, HasSubstr("`track: Updated_At` reads only what changed"));
}

}  // namespace meshgate::odbc
