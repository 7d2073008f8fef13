// What a reader is shown of a PostgreSQL table that is rewritten beside it. An ALTER TABLE that makes all rows anew hides them from snapshots that
// were taken before it was committed, also from those that waited for it.
#include <gtest/gtest.h>

#include <thread>

#include "tests/integration/odbc/following.hpp"

namespace meshgate::odbc_test {

namespace {

/// A table, of which a column that nobody reads gets another type by somebody else.
class Rewriting : public testing::Test {
 protected:
  Rewriting() {
    for (int id = 1; id <= 20; ++id) sql().run(table_.insert(id, "old"));
  }

  Sql& sql() { return *table_.sql; }
  [[nodiscard]] Settings stream(const std::string& track) const {
    Settings out = table_.stream(track);
    out.emplace_back("columns", "note");
    return out;
  }
  /// Lets it read while the table is rewritten: it has to wait for that.
  template <class Read>
  void beside_a_rewrite(Read read) {
    Sql owner(table_.settings);
    owner.run("BEGIN");
    owner.run("ALTER TABLE " + table_.name + " ALTER total TYPE bigint");
    std::thread reading(read);
    while (sql().run("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" + table_.name + "'::regclass") == "0") std::this_thread::yield();
    owner.run("COMMIT");
    reading.join();
  }
  /// How many rows a scan shows that begins meanwhile.
  std::size_t scanned_beside_a_rewrite(const Settings& stream) {
    Source source(table_.settings);
    EXPECT_EQ(source.open(stream), MG_OK) << source.message();
    Emitted rows;
    beside_a_rewrite([&] {
      std::string position;
      do EXPECT_EQ(source.read(rows, position), MG_OK) << source.message();
      while ((source.progress().flags & MG_SCAN_ENDED) == 0);
    });
    return rows.rows.size();
  }
  /// A user with these rights and no others.
  Settings reader_with(const std::string& rights) {
    sql().run("DO $$ BEGIN CREATE ROLE mesh_rewriting LOGIN PASSWORD 'reader'; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    sql().run("GRANT " + rights + " TO mesh_rewriting");
    return with(with(table_.settings, "uid", "mesh_rewriting"), "pwd", "reader");
  }

  TrackedTable table_{Kind::postgresql};
};

}  // namespace

TEST_F(Rewriting, AScanSeesAllRows) { EXPECT_EQ(scanned_beside_a_rewrite(stream("scan")), 20U); }

TEST_F(Rewriting, AScanOfAViewSeesAllRows) {
  const std::string view = table_.name + "_view";
  sql().run("CREATE VIEW " + view + " AS SELECT id, note FROM " + table_.name);
  EXPECT_EQ(scanned_beside_a_rewrite({{"table", view}, {"key", "id"}, {"track", "scan"}}), 20U);
  sql().run("DROP VIEW " + view);
}

TEST_F(Rewriting, APollSeesWhatWasChangedJustBefore) {
  Follower feed(table_.settings, stream("at"));
  feed.catch_up();
  sql().run(table_.update(3, "new"));
  beside_a_rewrite([&] { feed.catch_up(); });
  EXPECT_EQ(feed.rows[3]["note"], "new");
  EXPECT_EQ(feed.scans, 1);
}

TEST_F(Rewriting, APollOfAJournalTakesNothingForDeleted) {
  std::string ignored;
  ASSERT_EQ(Source(table_.settings).setup(stream("journal"), MG_SETUP_INSTALL, false, ignored), MG_OK);
  Follower feed(table_.settings, stream("journal"), "r");
  feed.catch_up();
  sql().run(table_.update(3, "new"));
  beside_a_rewrite([&] { feed.catch_up(); });
  EXPECT_EQ(feed.rows[3]["note"], "new");
  EXPECT_EQ(feed.removed, 0U);
  EXPECT_EQ(Source(table_.settings).setup(stream("journal"), MG_SETUP_REMOVE, false, ignored), MG_OK);
}

TEST_F(Rewriting, ALookupFindsTheRow) {
  Source source(table_.settings);
  source.scan(stream("scan"));
  Emitted found;
  beside_a_rewrite([&] { EXPECT_EQ(source.lookup(found, {sdk::int64_value(3)}, 1), MG_OK) << source.message(); });
  EXPECT_EQ(found.rows.size(), 1U);
}

TEST_F(Rewriting, WhoMayReadOnlyColumnsReadsWithoutALock) {
  Source source(reader_with("SELECT (id, note) ON " + table_.name));
  EXPECT_EQ(source.scan(stream("scan")).rows.size(), 20U);
}

TEST_F(Rewriting, AMaterializedViewIsReadWithoutALock) {
  const std::string view = table_.name + "_kept";
  sql().run("CREATE MATERIALIZED VIEW " + view + " AS SELECT id, note FROM " + table_.name);
  Source source(table_.settings);
  EXPECT_EQ(source.scan({{"table", view}, {"key", "id"}, {"track", "scan"}}).rows.size(), 20U);
  sql().run("DROP MATERIALIZED VIEW " + view);
}

}  // namespace meshgate::odbc_test
