// What a table that is followed by a journal shows, what its journal keeps and for whom, and what is said when it cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/odbc/following.hpp"

namespace meshgate::odbc_test {

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// A table with a journal, and what a test does to both.
class Journal : public testing::TestWithParam<Kind> {
 protected:
  Journal() { install(); }
  ~Journal() override { remove(); }

  void install() { setup(MG_SETUP_INSTALL); }
  void remove() { setup(MG_SETUP_REMOVE); }
  std::string setup(std::int32_t action, bool tell = false) {
    std::string text;
    Source source(table_.settings);
    EXPECT_EQ(source.setup(stream(), action, tell, text), MG_OK) << source.message();
    return text;
  }
  [[nodiscard]] Settings stream() const { return table_.stream("journal"); }
  [[nodiscard]] Follower follower(const std::string& reader = "r") const { return {table_.settings, stream(), reader}; }
  [[nodiscard]] std::string entries() const { return "meshgate_journal_" + table_.name; }
  int waiting() { return std::stoi(sql().run("SELECT count(*) FROM " + entries())); }
  /// What a host does until the journal holds no more than that.
  void settle_down_to(Follower& feed, int left) {
    while (waiting() > left) feed.catch_up(), feed.settle();
  }
  /// The tables, functions and triggers of the journal, and whatever else there is where nobody else works.
  std::string schema() {
    const std::string ours = " LIKE '" + entries() + "%'";
    switch (GetParam()) {
      case Kind::postgresql:
        return sql().run("SELECT string_agg(x, ',' ORDER BY x) FROM (SELECT relname::text FROM pg_class WHERE relname" + ours + " UNION ALL SELECT proname::text FROM pg_proc WHERE proname" + ours +
                         " UNION ALL SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = '" + table_.name + "'::regclass) s(x)");
      case Kind::mariadb:
        return sql().run("SELECT GROUP_CONCAT(x ORDER BY x) FROM (SELECT TABLE_NAME x FROM information_schema.TABLES WHERE TABLE_NAME" + ours + " UNION ALL "
                         "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_TABLE = '" + table_.name + "') s");
      default: return sql().run("SELECT count(*) || ' of ' || sum(length(name)) || ' and ' || sum(coalesce(length(sql), 0)) FROM sqlite_master");
    }
  }
  std::string refusal(std::int32_t wanted) {
    Source source(table_.settings);
    EXPECT_EQ(source.open(stream(), "r"), wanted) << source.message();
    return source.message();
  }
  Sql& sql() { return *table_.sql; }

  TrackedTable table_{GetParam()};
};

}  // namespace

TEST_P(Journal, ShowsEveryKindOfChange) {
  for (int id = 1; id <= 5; ++id) sql().run(table_.insert(id, "old"));
  Follower feed = follower();
  feed.catch_up();
  EXPECT_EQ(feed.rows.size(), 5U);
  sql().run(table_.insert(6, "new"));
  sql().run(table_.update(1, "changed"));
  sql().run(table_.erase(2));
  sql().run("UPDATE " + table_.name + " SET id = 33 WHERE id = 3");
  feed.catch_up();
  EXPECT_EQ(feed.rows.size(), 5U);
  EXPECT_EQ(feed.rows[6]["note"], "new");
  EXPECT_EQ(feed.rows[1]["note"], "changed");
  EXPECT_TRUE(feed.rows.contains(33));
  EXPECT_FALSE(feed.rows.contains(2) || feed.rows.contains(3));
  EXPECT_EQ(feed.removed, 2U);
  EXPECT_EQ(feed.scans, 1);
}

TEST_P(Journal, ShowsARowOnceHoweverOftenItChanged) {
  Follower feed = follower();
  feed.catch_up();
  sql().run(table_.insert(1, "first"));
  for (int i = 0; i < 9; ++i) sql().run(table_.update(1, "change " + std::to_string(i)));
  sql().run(table_.erase(1));
  sql().run(table_.insert(1, "last"));
  feed.catch_up();
  EXPECT_EQ(feed.rows[1]["note"], "last");
  EXPECT_EQ(feed.removed, 0U);
}

TEST_P(Journal, ClaimsWhatItHasRead) {
  Follower feed = follower();
  feed.catch_up();
  sql().run(table_.insert(1, "one"));
  const std::int64_t committed = TrackedTable::clock(GetParam(), sql());
  while (feed.as_of <= committed) feed.step();
  EXPECT_EQ(feed.rows[1]["note"], "one");
}

TEST_P(Journal, WhatIsCommittedLateIsShownLate) {
  if (GetParam() == Kind::sqlite) return;  // it has one writer
  Follower feed = follower();
  feed.catch_up();
  Sql late(table_.settings);
  late.run("BEGIN");
  late.run(table_.insert(1, "late"));
  Sql gone(table_.settings);
  gone.run("BEGIN");
  gone.run(table_.insert(2, "rolled back"));
  gone.run("ROLLBACK");
  sql().run(table_.insert(3, "early"));
  settle_down_to(feed, 0);
  EXPECT_EQ(feed.rows.size(), 1U);
  late.run("COMMIT");
  settle_down_to(feed, 0);
  EXPECT_EQ(feed.rows.size(), 2U);
  EXPECT_EQ(feed.rows[1]["note"], "late");
}

TEST_P(Journal, KeepsEntriesUntilTheyAreDurableForAllReaders) {
  Follower one = follower("one");
  Follower other = follower("other");
  one.catch_up();
  other.catch_up();
  for (int id = 1; id <= 4; ++id) sql().run(table_.insert(id, "x"));
  one.catch_up();
  one.reopen();  // killed: nothing was settled
  one.catch_up();
  one.reopen();
  one.catch_up();
  one.settle();
  EXPECT_EQ(waiting(), 4) << "the other one needs them";
  other.reopen();
  other.catch_up();
  other.settle();
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(one.rows.size(), 4U);
  EXPECT_EQ(other.rows.size(), 4U);
  EXPECT_EQ(one.why_gone + other.why_gone, "");
}

TEST_P(Journal, WhoOnlyLooksLeavesNoTrace) {
  sql().run(table_.insert(1, "x"));
  Follower looker = follower("");
  looker.catch_up();
  looker.settle();
  EXPECT_EQ(looker.rows.size(), 1U);
  EXPECT_EQ(sql().run("SELECT count(*) FROM meshgate_journal_readers WHERE reader <> '' AND journal = '" + entries() + "'"), "0");
  EXPECT_EQ(waiting(), 1);
}

TEST_P(Journal, ARestoredGatewayReadsFromTheBeginning) {
  for (int id = 1; id <= 3; ++id) sql().run(table_.insert(id, "x"));
  Follower feed = follower();
  feed.catch_up();
  const std::string backup = feed.position;
  sql().run(table_.erase(1));
  settle_down_to(feed, 0);
  feed.rows[1]["note"] = "as the backup has it";
  feed.position = backup;
  feed.reopen();
  feed.catch_up();
  EXPECT_THAT(feed.why_gone, HasSubstr("this gateway was restored"));
  EXPECT_FALSE(feed.rows.contains(1));
  EXPECT_EQ(feed.scans, 2);
}

TEST_P(Journal, ARestoredDatabaseIsReadFromTheBeginning) {
  Follower feed = follower();
  feed.catch_up();
  sql().run(table_.insert(1, "x"));
  settle_down_to(feed, 0);
  feed.catch_up();
  sql().run("UPDATE meshgate_journal_readers SET n = 0 WHERE reader = 'r' AND journal = '" + entries() + "'");
  feed.reopen();
  feed.catch_up();
  EXPECT_THAT(feed.why_gone, HasSubstr("the database was restored"));
}

TEST_P(Journal, TwoGatewaysWithTheSameDataAreNoticed) {
  Follower one = follower();
  one.catch_up();
  Follower copy = follower();
  copy.position = one.position;
  sql().run(table_.insert(1, "x"));
  settle_down_to(one, 0);
  copy.catch_up();
  EXPECT_THAT(copy.why_gone, HasSubstr("uses a copy of"));
  EXPECT_TRUE(copy.rows.contains(1));
}

TEST_P(Journal, AReaderThatStaysAwayTooLongBeginsAnew) {
  Follower away(table_.settings, with(stream(), "keep", "1"), "away");
  away.catch_up();
  Follower feed = follower();
  feed.catch_up();
  sql().run(table_.insert(1, "x"));
  settle_down_to(feed, 0);
  away.catch_up();
  EXPECT_THAT(away.why_gone, HasSubstr("does not know this reader any more"));
  EXPECT_TRUE(away.rows.contains(1));
}

TEST_P(Journal, AnEmptiedTableIsCompared) {
  if (GetParam() != Kind::postgresql) return;  // the others' triggers do not tell
  for (int id = 1; id <= 3; ++id) sql().run(table_.insert(id, "x"));
  Follower feed = follower();
  feed.catch_up();
  sql().run("TRUNCATE " + table_.name);
  feed.scan();
  EXPECT_TRUE(feed.rows.empty());
  settle_down_to(feed, 0);
  EXPECT_EQ(feed.scans, 2);
}

TEST_P(Journal, ACompareCountsWhatTheJournalMissedAndNothingElse) {
  for (int id = 1; id <= 20; ++id) sql().run(table_.insert(id, "x"));
  Follower feed(table_.settings, with(stream(), "verify", "300ms"), "r");
  feed.catch_up();
  sql().run(table_.update(7, "missed"));
  sql().run("DELETE FROM " + entries());
  mg_limits few = generous();
  few.max_records = 3;
  const int before = feed.scans;
  for (int reads = 0; feed.scans == before || (feed.flags & MG_SCAN_ENDED) == 0; ++reads) {
    sql().run(table_.update(20, "change " + std::to_string(reads)));
    feed.step(few);
  }
  EXPECT_EQ(feed.rows[7]["note"], "missed");
  EXPECT_EQ(feed.late, 1U);
}

TEST_P(Journal, ALongBacklogIsReadInPieces) {
  Follower feed = follower();
  feed.catch_up();
  for (int id = 1; id <= 40; ++id) sql().run(table_.insert(id, std::string(30, 'x')));
  mg_limits few = generous();
  few.max_records = 3;
  for (int reads = 0; !feed.step(few); ++reads) {
    if (reads % 4 == 0) feed.settle();
    if (reads % 5 == 4) feed.reopen();
    if (reads == 3) sql().run(table_.update(2, "changed meanwhile"));
  }
  feed.catch_up();
  EXPECT_EQ(feed.rows.size(), 40U);
  EXPECT_EQ(feed.rows[2]["note"], "changed meanwhile");
  EXPECT_EQ(feed.why_gone, "");
}

TEST_P(Journal, KeysThatAreEqualButNotTheSameAreTwo) {
  if (GetParam() == Kind::postgresql) return;  // its usual collations know no such
  const std::string name = table_.name + "_words";
  const std::string text = GetParam() == Kind::mariadb ? "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci" : "TEXT COLLATE NOCASE";
  sql().run("CREATE TABLE " + name + " (word " + text + " PRIMARY KEY, n INT)");
  const Settings words = with(stream(), "table", name);
  std::string told;
  std::string position;
  Emitted out;
  Source source(table_.settings);
  EXPECT_EQ(source.setup(words, MG_SETUP_INSTALL, false, told), MG_OK) << source.message();
  sql().run("INSERT INTO " + name + " VALUES ('word', 1)");
  EXPECT_EQ(source.open(words, "r"), MG_OK) << source.message();
  do EXPECT_EQ(source.read(out, position), MG_OK) << source.message();
  while ((source.progress().flags & MG_IDLE) == 0);
  sql().run("UPDATE " + name + " SET word = 'WORD'");
  out = {};
  EXPECT_EQ(source.read(out, position), MG_OK) << source.message();
  ASSERT_EQ(out.rows.size(), 2U);
  EXPECT_EQ(out.rows[0]["word"], "word");
  EXPECT_EQ(out.operations[0], MG_DELETE);
  EXPECT_EQ(out.rows[1]["word"], "WORD");
  EXPECT_EQ(out.operations[1], MG_UPSERT);
  EXPECT_EQ(source.setup(words, MG_SETUP_REMOVE, false, told), MG_OK) << source.message();
  sql().run("DROP TABLE " + name);
}

TEST_P(Journal, IsMadeAndRemovedWithoutATrace) {
  remove();
  const std::string before = schema();
  EXPECT_THAT(setup(MG_SETUP_INSTALL, true), HasSubstr("CREATE TRIGGER"));
  EXPECT_EQ(schema(), before) << "it is only told";
  install();
  EXPECT_NE(schema(), before);
  EXPECT_THAT(setup(MG_SETUP_STATE), AllOf(HasSubstr("0 entries"), HasSubstr("nobody reads it")));
  remove();
  EXPECT_EQ(schema(), before);
  remove();  // of what is not there
}

TEST_P(Journal, SaysWhatIsMissing) {
  {
    Source source(table_.settings);
    std::string text;
    EXPECT_EQ(source.setup(stream(), MG_SETUP_INSTALL, false, text), MG_CONFIG);
    EXPECT_THAT(source.message(), HasSubstr("meshgate journal remove"));
  }
  const std::string on = GetParam() == Kind::postgresql ? " meshgate_journal ON " + table_.name : " " + entries() + "_d";
  sql().run("DROP TRIGGER" + on);
  EXPECT_THAT(refusal(MG_CONFIG), AllOf(HasSubstr("triggers"), HasSubstr("changes may have been missed")));
  remove();
  EXPECT_THAT(refusal(MG_CONFIG), AllOf(HasSubstr("has no journal"), HasSubstr("meshgate journal install")));
}

TEST_P(Journal, SaysWhichRightIsMissing) {
  if (GetParam() == Kind::sqlite) return;
  const bool postgresql = GetParam() == Kind::postgresql;
  const std::string user = postgresql ? "mesh_journal" : "mesh_journal@'127.0.0.1'";
  if (postgresql) {
    sql().run("DO $$ BEGIN CREATE ROLE mesh_journal LOGIN PASSWORD 'reader'; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  } else {
    sql().run("CREATE USER IF NOT EXISTS " + user + " IDENTIFIED BY 'reader'");
  }
  for (const std::string& of : {table_.name, entries(), std::string("meshgate_journal_readers")}) sql().run("GRANT SELECT ON " + of + " TO " + user);
  const Settings poor = with(with(table_.settings, "uid", "mesh_journal"), "pwd", "reader");
  {
    Source source(poor);
    EXPECT_EQ(source.open(stream(), "r"), MG_AUTH);
    EXPECT_THAT(source.message(), AllOf(HasSubstr("user 'mesh_journal' may not settle"), HasSubstr("GRANT SELECT, DELETE")));
    std::string text;
    EXPECT_EQ(source.setup(stream(), MG_SETUP_REMOVE, false, text), MG_AUTH);
    EXPECT_THAT(source.message(), HasSubstr("may not change the database"));
  }
  remove();
  {
    Source source(poor);  // reads; somebody else installs, and grants what reading takes
    Settings login;
    for (const auto& [name, value] : table_.settings) {
      if (name == "uid" || name == "pwd") login.emplace_back(name, value);
    }
    std::string text;
    EXPECT_EQ(source.setup(stream(), MG_SETUP_INSTALL, false, text, login), MG_OK) << source.message();
    EXPECT_EQ(source.open(stream(), "r"), MG_OK) << source.message();
  }
  sql().run(postgresql ? "DROP OWNED BY mesh_journal" : "DROP USER " + user);
  if (postgresql) sql().run("DROP ROLE mesh_journal");
}

TEST_P(Journal, GoneWhileItIsReadItIsMissed) {
  Follower feed = follower();
  feed.catch_up();
  Source source(table_.settings);
  ASSERT_EQ(source.open(stream(), "r"), MG_OK);
  std::string position = feed.position;
  Emitted out;
  ASSERT_EQ(source.read(out, position), MG_OK) << source.message();
  remove();
  std::int32_t code = source.read(out, position);
  if (code == MG_GONE) code = source.read(out, position = "");  // other journals there still have readers
  EXPECT_TRUE(code == MG_CONFIG || code == MG_AUTH) << code << source.message();
  EXPECT_THAT(source.message(), HasSubstr("journal"));
  install();
  feed.reopen();
  sql().run(table_.insert(1, "x"));
  feed.catch_up();
  EXPECT_THAT(feed.why_gone, HasSubstr("made anew"));
  EXPECT_TRUE(feed.rows.contains(1));
}

INSTANTIATE_TEST_SUITE_P(Odbc, Journal, testing::Values(Kind::sqlite, Kind::postgresql, Kind::mariadb), kind_name);

}  // namespace meshgate::odbc_test
