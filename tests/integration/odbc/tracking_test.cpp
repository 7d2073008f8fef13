// What a table that is followed by a column shows, and what it says when it cannot be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/integration/odbc/following.hpp"

namespace meshgate::odbc_test {

namespace {

using ::testing::HasSubstr;

class Tracking : public testing::TestWithParam<Kind> {
 protected:
  TrackedTable table_{GetParam()};
  Sql& sql() { return *table_.sql; }
};

std::string refusal(const Settings& connection, const Settings& stream) {
  Source source(connection);
  return source.open(stream) == MG_CONFIG ? source.message() : "was taken";
}

/// A user who may read this table and nothing else.
Settings reader_of(const TrackedTable& table) {
  Sql& sql = *table.sql;
  if (table.kind == Kind::postgresql) {
    sql.run("DO $$ BEGIN CREATE ROLE mesh_reader LOGIN PASSWORD 'reader'; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    sql.run("GRANT SELECT ON " + table.name + " TO mesh_reader");
  } else {
    sql.run("CREATE USER IF NOT EXISTS mesh_reader@'127.0.0.1' IDENTIFIED BY 'reader'");
    sql.run("GRANT SELECT ON meshgate_test." + table.name + " TO mesh_reader@'127.0.0.1'");
  }
  return with(with(table.settings, "uid", "mesh_reader"), "pwd", "reader");
}

}  // namespace

TEST_P(Tracking, ShowsInsertsAndUpdatesWithoutAScan) {
  sql().run(table_.insert(1, "one"));
  sql().run(table_.insert(2, "two"));
  Follower feed(table_.settings, table_.stream());
  feed.catch_up();
  EXPECT_EQ(feed.rows.size(), 2U);
  const int scans = feed.scans;
  sql().run(table_.insert(3, "three"));
  sql().run(table_.update(1, "changed"));
  feed.catch_up();
  EXPECT_EQ(feed.rows[3]["note"], "three");
  EXPECT_EQ(feed.rows[1]["note"], "changed");
  EXPECT_EQ(feed.scans, scans);
  EXPECT_EQ(scans, 1);
}

TEST_P(Tracking, FollowsNumbers) {
  sql().run(table_.insert(1, "one"));
  Follower feed(table_.settings, table_.stream("id"));
  feed.catch_up();
  sql().run(table_.insert(2, "two"));
  feed.catch_up();
  EXPECT_EQ(feed.rows[2]["note"], "two");
}

TEST_P(Tracking, ANumberThatIsGivenOutAgainIsSeen) {
  for (int id = 1; id <= 9; ++id) sql().run(table_.insert(id, "first"));
  Follower feed(table_.settings, table_.stream("id"));
  feed.catch_up();
  feed.catch_up();
  sql().run("DELETE FROM " + table_.name + " WHERE id > 3");
  feed.catch_up();
  sql().run(table_.insert(5, "second"));
  feed.wait_for(5, "note", "second");
}

TEST_P(Tracking, ClaimsWhatItHasRead) {
  Follower feed(table_.settings, table_.stream());
  feed.catch_up();
  sql().run(table_.insert(1, "one"));
  const std::int64_t committed = TrackedTable::clock(table_.kind, sql());
  while (feed.as_of <= committed) feed.step();
  EXPECT_EQ(feed.rows[1]["note"], "one");
}

TEST_P(Tracking, KeepsItsPlaceInTheMiddleOfAPoll) {
  Follower feed(table_.settings, table_.stream());
  feed.catch_up();
  for (int id = 1; id <= 40; ++id) sql().run(table_.insert(id, "new"));
  mg_limits few = generous();
  few.max_records = 3;
  for (int reads = 0; !feed.step(few); ++reads) {
    feed.reopen();
    if (reads == 3) sql().run(table_.update(2, "changed meanwhile"));
  }
  feed.catch_up();
  EXPECT_EQ(feed.rows.size(), 40U);
  EXPECT_EQ(feed.rows[2]["note"], "changed meanwhile");
}

TEST_P(Tracking, EqualTimesAtTheEdgeOfAPollAllArrive) {
  const std::string seconds = table_.kind == Kind::postgresql ? "timestamptz(0) DEFAULT now()"
                              : table_.kind == Kind::mariadb  ? "TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP"
                                                              : "TIMESTAMP DEFAULT CURRENT_TIMESTAMP";
  TrackedTable table(GetParam(), seconds);
  Follower feed(table.settings, table.stream());
  feed.catch_up();
  const std::int64_t end = TrackedTable::clock(table.kind, *table.sql) + 2'500'000;
  std::int64_t id = 0;
  for (std::int64_t now = 0; now < end; now = TrackedTable::clock(table.kind, *table.sql)) {
    table.sql->run(table.insert(++id, "x"));
    if (table.kind == Kind::sqlite && id % 5 == 0) table.sql->run("UPDATE " + table.name + " SET note = 'y', at = CURRENT_TIMESTAMP WHERE id = " + std::to_string(id));
    feed.catch_up();
    ASSERT_EQ(static_cast<std::int64_t>(feed.rows.size()), id);
  }
}

TEST_P(Tracking, DeletesComeByTheSweepOfKeys) {
  for (int id = 1; id <= 20; ++id) sql().run(table_.insert(id, "x"));
  Follower feed(table_.settings, with(table_.stream(), "sweep", "300ms"));
  feed.catch_up();
  sql().run(table_.erase(7));
  feed.scanned = 0;
  feed.present = 0;
  feed.scan();
  EXPECT_FALSE(feed.rows.contains(7));
  EXPECT_EQ(feed.rows.size(), 19U);
  EXPECT_EQ(feed.present, 19U);
  EXPECT_EQ(feed.scanned, 0U) << "no rows are read for it";
  EXPECT_NE(feed.flags & MG_SCANS_AGAIN, 0U);
}

TEST_P(Tracking, ASweepThatWasInterruptedBeginsAnew) {
  for (int id = 1; id <= 20; ++id) sql().run(table_.insert(id, "x"));
  Follower feed(table_.settings, with(table_.stream(), "sweep", "300ms"));
  feed.catch_up();
  mg_limits few = generous();
  few.max_records = 3;
  const int before = feed.scans;
  while (feed.scans == before) feed.step(few);
  sql().run(table_.erase(1));
  feed.reopen();
  feed.present = 0;
  feed.scan();
  EXPECT_EQ(feed.present, 19U);
  EXPECT_FALSE(feed.rows.contains(1));
}

TEST_P(Tracking, RowsWithoutAValueAreFoundByScansOnly) {
  sql().run(table_.insert(1, "one"));
  Follower feed(table_.settings, with(table_.stream(), "sweep", "300ms"));
  feed.catch_up();
  sql().run("INSERT INTO " + table_.name + " (id, at, note) VALUES (2, NULL, 'no time')");
  feed.scan();
  EXPECT_EQ(feed.rows[2]["note"], "no time") << "a sweep finds a new one";
  Follower compared(table_.settings, with(table_.stream(), "verify", "300ms"));
  compared.catch_up();
  sql().run("UPDATE " + table_.name + " SET note = 'changed' WHERE id = 2");
  compared.scan();
  EXPECT_EQ(compared.rows[2]["note"], "changed") << "a compare finds a changed one";
}

TEST_P(Tracking, ACompareFindsWhatTheColumnHidAndSaysThatItIsLate) {
  for (int id = 1; id <= 5; ++id) sql().run(table_.insert(id, "x"));
  sql().run("UPDATE " + table_.name + " SET at = '2020-01-01 00:00:00' WHERE id = 3");
  Follower feed(table_.settings, with(table_.stream(), "verify", "300ms"));
  feed.catch_up();
  sql().run("UPDATE " + table_.name + " SET note = 'in silence', at = '2020-01-01 00:00:00' WHERE id = 3");
  feed.late = 0;
  feed.scan();
  EXPECT_EQ(feed.rows[3]["note"], "in silence");
  EXPECT_EQ(feed.late, 1U);
}

TEST_P(Tracking, TheColumnNeedNotBePublished) {
  sql().run(table_.insert(1, "one"));
  Settings stream = table_.stream();
  stream.emplace_back("columns", "note");
  Follower feed(table_.settings, stream);
  feed.catch_up();
  sql().run(table_.insert(2, "two"));
  feed.catch_up();
  EXPECT_EQ(feed.rows[2]["note"], "two");
  EXPECT_EQ(feed.names, (std::vector<std::string>{"id", "note"}));
}

TEST_P(Tracking, AnotherColumnMakesThePositionAnotherOne) {
  sql().run(table_.insert(1, "one"));
  Follower feed(table_.settings, table_.stream());
  feed.catch_up();
  Source other(table_.settings);
  ASSERT_EQ(other.open(table_.stream("id")), MG_OK);
  Emitted out;
  EXPECT_EQ(other.read(out, feed.position), MG_GONE);
}

TEST_P(Tracking, ANewColumnIsReadInAllRows) {
  for (int id = 1; id <= 3; ++id) sql().run(table_.insert(id, "x"));
  Follower feed(table_.settings, with(table_.stream(), "verify", "100d"));
  feed.catch_up();
  sql().run("ALTER TABLE " + table_.name + " ADD extra INT DEFAULT 7");
  feed.reopen();
  feed.scan();
  EXPECT_EQ(feed.rows[2]["extra"], "7");
}

TEST_P(Tracking, WrongSettingsAreTold) {
  EXPECT_THAT(refusal(table_.settings, table_.stream("nowhere")), HasSubstr("no column 'nowhere'"));
  EXPECT_THAT(refusal(table_.settings, table_.stream("note")), HasSubstr("cannot be tracked"));
  EXPECT_THAT(refusal(table_.settings, with(table_.stream(), "sweep", "off")), HasSubstr("`never`"));
}

TEST_P(Tracking, WithoutRightsForTheHorizonAnOverlapIsAskedFor) {
  if (GetParam() == Kind::sqlite) return;  // there are no rights
  const Settings reader = reader_of(table_);
  const std::string said = refusal(reader, table_.stream());
  EXPECT_THAT(said, HasSubstr(GetParam() == Kind::postgresql ? "GRANT pg_read_all_stats TO" : "GRANT PROCESS ON *.*"));
  EXPECT_THAT(said, HasSubstr("`overlap: 15m`"));
  Settings declared = table_.stream();
  declared.emplace_back("overlap", "1m");
  Follower feed(reader, declared);
  feed.catch_up();
  sql().run("INSERT INTO " + table_.name + " (id, at, note) VALUES (1, " + table_.now() + " - INTERVAL " + (GetParam() == Kind::postgresql ? "'30 seconds'" : "30 SECOND") + ", 'half a minute late')");
  feed.catch_up();
  EXPECT_EQ(feed.rows[1]["note"], "half a minute late");
}

TEST_P(Tracking, ALateCommitIsShownAsLate) {
  if (GetParam() == Kind::sqlite) return;  // it has one writer at a time
  Follower feed(table_.settings, table_.stream());
  feed.catch_up();
  Sql slow(table_.settings);
  slow.run("BEGIN");
  slow.run(table_.insert(1, "slow"));
  const std::int64_t end = TrackedTable::clock(table_.kind, sql()) + 2'500'000;
  for (std::int64_t id = 100; TrackedTable::clock(table_.kind, sql()) < end; ++id) {
    sql().run(table_.insert(id, "quick"));
    feed.catch_up();
    ASSERT_EQ(feed.rows[id]["note"], "quick") << "an open transaction hides nothing of others";
  }
  EXPECT_EQ(feed.late, 0U);
  slow.run("COMMIT");
  feed.wait_for(1, "note", "slow");
  EXPECT_EQ(feed.late, 1U);
}

INSTANTIATE_TEST_SUITE_P(Odbc, Tracking, testing::Values(Kind::sqlite, Kind::postgresql, Kind::mariadb), kind_name);

TEST(TrackingPostgreSql, APreparedTransactionIsWaitedFor) {
  TrackedTable table(Kind::postgresql);
  Follower feed(table.settings, table.stream());
  feed.catch_up();
  table.sql->run("BEGIN");
  table.sql->run(table.insert(1, "prepared"));
  table.sql->run("PREPARE TRANSACTION '" + table.name + "'");
  const std::int64_t end = TrackedTable::clock(table.kind, *table.sql) + 2'500'000;
  while (TrackedTable::clock(table.kind, *table.sql) < end) feed.catch_up();
  table.sql->run("COMMIT PREPARED '" + table.name + "'");
  feed.wait_for(1, "note", "prepared");
}

TEST(TrackingPostgreSql, PollsGoOnWithinACompare) {
  TrackedTable table(Kind::postgresql);
  table.sql->run("INSERT INTO " + table.name + " (at, note) SELECT '2020-01-01', 'many' FROM generate_series(1, 60000)");
  Follower feed(table.settings, with(table.stream(), "verify", "3s"));
  feed.catch_up();
  mg_limits few = generous();
  few.max_records = 20;
  const int before = feed.scans;
  while (feed.scans == before) feed.step(few);
  const int polls = feed.polls;
  const std::int64_t slow_until = TrackedTable::clock(table.kind, *table.sql) + 1'000'000;  // longer than a slice
  std::int64_t version = 0;
  std::int64_t shown = 0;
  do {
    table.sql->run(table.update(100, std::to_string(++version)));
    if (TrackedTable::clock(table.kind, *table.sql) > slow_until) few.max_records = 5000;
    feed.step(few);
    const std::string note = feed.rows[100]["note"];
    const std::int64_t now = note == "many" ? 0 : std::stoll(note);
    ASSERT_GE(now, shown) << "nothing old comes over what was shown";
    shown = now;
  } while ((feed.flags & MG_SCAN_ENDED) == 0);
  EXPECT_GT(feed.polls, polls);
  EXPECT_GT(shown, 1) << "changes arrive before the compare is complete";
  feed.wait_for(100, "note", std::to_string(version));
  EXPECT_EQ(feed.rows.size(), 60'000U);
}

TEST(TrackingPostgreSql, ASequenceWithACacheNeedsAnOverlap) {
  TrackedTable table(Kind::postgresql);
  table.sql->run("ALTER SEQUENCE " + table.name + "_id_seq CACHE 20");
  EXPECT_THAT(refusal(table.settings, table.stream("id")), HasSubstr("20 numbers at once"));
}

TEST(TrackingPostgreSql, ATimeWithoutAZoneIsReadInTheOneThatIsNamed) {
  TrackedTable table(Kind::postgresql, "timestamp DEFAULT (now() AT TIME ZONE 'UTC' - INTERVAL '5 hours')");
  EXPECT_THAT(refusal(table.settings, table.stream()), HasSubstr("`zone: UTC`"));
  Settings stream = table.stream();
  stream.emplace_back("zone", "-05:00");
  Follower feed(table.settings, stream);
  feed.catch_up();
  table.sql->run(table.insert(1, "one"));
  feed.catch_up();
  EXPECT_EQ(feed.rows[1]["note"], "one");
}

TEST(TrackingMariaDb, AStatementThatWaitedBeforeItsTransactionBeganIsNotMissed) {
  TrackedTable table(Kind::mariadb);
  Follower feed(table.settings, table.stream());
  feed.catch_up();
  Sql writer(table.settings);
  writer.run("BEGIN");
  Sql locker(table.settings);
  locker.run("LOCK TABLES " + table.name + " WRITE");
  std::thread waiting([&] { writer.run(table.insert(1, "waited")); });  // now() is taken here, the transaction begins when the lock goes
  while (table.sql->run("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata%' AND INFO LIKE 'INSERT INTO " + table.name + "%'") == "0") std::this_thread::yield();
  std::int64_t end = TrackedTable::clock(table.kind, *table.sql) + 2'500'000;
  while (TrackedTable::clock(table.kind, *table.sql) < end) std::this_thread::yield();
  locker.run("UNLOCK TABLES");
  waiting.join();
  end = TrackedTable::clock(table.kind, *table.sql) + 3'500'000;
  while (TrackedTable::clock(table.kind, *table.sql) < end) feed.catch_up();
  writer.run("COMMIT");
  feed.wait_for(1, "note", "waited");
}

TEST(TrackingMariaDb, APreparedTransactionIsWaitedFor) {
  TrackedTable table(Kind::mariadb);
  Follower feed(table.settings, table.stream());
  feed.catch_up();
  table.sql->run("XA START '" + table.name + "'");
  table.sql->run(table.insert(1, "prepared"));
  table.sql->run("XA END '" + table.name + "'");
  table.sql->run("XA PREPARE '" + table.name + "'");
  Sql other(table.settings);
  const std::int64_t end = TrackedTable::clock(table.kind, other) + 3'500'000;
  while (TrackedTable::clock(table.kind, other) < end) feed.catch_up();
  table.sql->run("XA COMMIT '" + table.name + "'");
  feed.wait_for(1, "note", "prepared");
}

TEST(TrackingMariaDb, AColumnThatTheDatabaseKeepsIsChosen) {
  TrackedTable table(Kind::mariadb, "TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)");
  const Settings stream = {{"table", table.name}};
  table.sql->run(table.insert(1, "one"));
  Follower feed(table.settings, stream);
  feed.catch_up();
  table.sql->run("UPDATE " + table.name + " SET note = 'changed' WHERE id = 1");
  feed.catch_up();
  EXPECT_EQ(feed.rows[1]["note"], "changed");
  EXPECT_EQ(feed.scans, 1);
  Follower poor(reader_of(table), stream);
  poor.catch_up();
  poor.catch_up();
  EXPECT_EQ(poor.scans, 2) << "what nobody asked for needs no rights: it scans";
}

TEST(TrackingMariaDb, AColumnThatAForeignKeyPassesByIsNotChosen) {
  TrackedTable table(Kind::mariadb, "TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)");
  const std::string keys = table.name + "_keys";
  table.sql->run("CREATE TABLE " + keys + " (id INT PRIMARY KEY)");
  table.sql->run("ALTER TABLE " + table.name + " ADD FOREIGN KEY (total) REFERENCES " + keys + " (id) ON DELETE SET NULL");
  Sql(table.settings).run("GRANT PROCESS ON *.* TO mesh_sees@'127.0.0.1' IDENTIFIED BY 'sees'");
  table.sql->run("GRANT SELECT ON meshgate_test." + table.name + " TO mesh_sees@'127.0.0.1'");
  for (const Settings& user : {table.settings, with(with(table.settings, "uid", "mesh_sees"), "pwd", "sees")}) {
    Follower feed(user, {{"table", table.name}});
    feed.catch_up();
    feed.catch_up();
    EXPECT_EQ(feed.scans, 2);
  }
  table.sql->run("DROP TABLE " + table.name + ", " + keys);
}

}  // namespace meshgate::odbc_test
