// A query in place of a table: what it shows, how it is followed, and what is said where it cannot be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/odbc/following.hpp"

namespace meshgate::odbc_test {

namespace {

using ::testing::HasSubstr;

/// Queries over one table `id, at, note, total` of its own.
class Queries : public testing::TestWithParam<Kind> {
 protected:
  TrackedTable table_{GetParam()};

  Sql& sql() { return *table_.sql; }
  [[nodiscard]] Settings query(const std::string& text, const std::string& key = "id") const { return {{"query", text}, {"key", key}}; }
  /// `{}` in the text stands for the table.
  [[nodiscard]] Settings of_table(std::string text, const std::string& key = "id") const {
    for (std::size_t at = text.find("{}"); at != std::string::npos; at = text.find("{}")) text.replace(at, 2, table_.name);
    return query(text, key);
  }
  std::string refusal(const Settings& stream) {
    Source source(table_.settings);
    const std::int32_t code = source.open(stream);
    return code == MG_CONFIG ? source.message() : "code " + std::to_string(code) + ": " + source.message();
  }
  Settings tracked(Settings stream, const std::string& column) {
    for (const auto& [name, value] : {std::pair("track", column.c_str()), {"sweep", "never"}, {"verify", "never"}}) stream.emplace_back(name, value);
    return stream;
  }
};

}  // namespace

TEST_P(Queries, JoinsAggregatesAndCommonTablesAreScanned) {
  for (int id = 1; id <= 4; ++id) sql().run(table_.insert(id, id % 2 == 0 ? "even" : "odd"));
  Source source(table_.settings);
  const Emitted joined = source.scan(of_table("SELECT a.id, a.note, b.id AS next FROM {} a LEFT JOIN {} b ON b.id = a.id + 1 -- the last has none"));
  ASSERT_EQ(joined.rows.size(), 4U);
  EXPECT_EQ(joined.rows[0].at("next"), "2");
  EXPECT_EQ(joined.rows[3].at("next"), "null");
  const Emitted counted = source.scan(of_table("SELECT note, count(*) AS many FROM {} GROUP BY note;", "note"));
  ASSERT_EQ(counted.rows.size(), 2U);
  EXPECT_EQ(counted.rows[0].at("note"), "even");
  EXPECT_EQ(counted.rows[0].at("many"), "2");
  const Emitted common = source.scan(of_table("WITH q AS (SELECT id, note FROM {} WHERE id > 2)\nSELECT * FROM q /* all of it */"));
  EXPECT_EQ(common.rows.size(), 2U);
}

TEST_P(Queries, GoOnBehindTheLastKey) {
  for (int id = 1; id <= 9; ++id) sql().run(table_.insert(id, id < 5 ? "a" : "b"));
  Settings stream = of_table("SELECT t.note, t.id, u.id AS same FROM {} t JOIN {} u ON u.id = t.id", "note");
  stream.emplace_back("key", "id");
  mg_limits few = generous();
  few.max_records = 2;
  Emitted out;
  std::string position;
  std::uint32_t flags = 0;
  while ((flags & MG_SCAN_ENDED) == 0) {
    Source source(table_.settings);
    ASSERT_EQ(source.open(stream), MG_OK) << source.message();
    ASSERT_EQ(source.read(out, position, few), MG_OK) << source.message();
    ASSERT_LE(out.rows.size(), 9U);
    flags = source.progress().flags;
  }
  ASSERT_EQ(out.rows.size(), 9U);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_EQ(out.rows[i].at("id"), std::to_string(i + 1));
}

TEST_P(Queries, AreFollowedByATime) {
  sql().run(table_.insert(1, "one"));
  Follower feed(table_.settings, tracked(of_table("SELECT id, at, note FROM {} WHERE note <> 'hidden'"), "at"));
  feed.catch_up();
  sql().run(table_.insert(2, "two"));
  sql().run(table_.insert(3, "hidden"));
  sql().run(table_.update(1, "changed"));
  feed.catch_up();
  feed.catch_up();
  EXPECT_EQ(feed.rows.size(), 2U);
  EXPECT_EQ(feed.rows[1]["note"], "changed");
  EXPECT_EQ(feed.rows[2]["note"], "two");
  EXPECT_EQ(feed.scans, 1);
}

TEST_P(Queries, ALateCommitOfAFollowedQueryIsFound) {
  if (GetParam() == Kind::sqlite) return;  // has one writer at a time
  Follower feed(table_.settings, tracked(of_table("SELECT t.id, t.at, t.note FROM {} t JOIN {} u ON u.id = t.id"), "at"));
  feed.catch_up();
  Sql late(table_.settings);
  late.run("BEGIN");
  late.run(table_.insert(1, "late"));
  sql().run(table_.insert(2, "early"));
  feed.wait_for(2, "note", "early");
  EXPECT_FALSE(feed.rows.contains(1));
  late.run("COMMIT");
  feed.wait_for(1, "note", "late");
  EXPECT_EQ(feed.scans, 1);
}

TEST_P(Queries, AreFollowedByANumberAndSwept) {
  for (int id = 1; id <= 5; ++id) sql().run(table_.insert(id, "x"));
  Settings stream = of_table("SELECT id, note FROM {}");
  stream.insert(stream.end(), {{"track", "id"}, {"sweep", "100ms"}, {"verify", "never"}});
  Follower feed(table_.settings, stream);
  feed.catch_up();
  sql().run(table_.insert(6, "new"));
  sql().run(table_.erase(2));
  feed.wait_for(6, "note", "new");
  feed.scan();
  EXPECT_EQ(feed.rows.size(), 5U);
  EXPECT_FALSE(feed.rows.contains(2));
}

TEST_P(Queries, AnotherQueryIsReadFromTheBeginning) {
  sql().run(table_.insert(1, "one"));
  sql().run(table_.insert(2, "two"));
  Source source(table_.settings);
  ASSERT_EQ(source.open(of_table("SELECT id, note FROM {}")), MG_OK) << source.message();
  mg_limits one = generous();
  one.max_records = 1;
  Emitted out;
  std::string position;
  ASSERT_EQ(source.read(out, position, one), MG_OK);
  ASSERT_EQ(source.open(of_table("SELECT id, note FROM {} WHERE id > 0")), MG_OK) << source.message();
  EXPECT_EQ(source.read(out, position, one), MG_GONE);
  EXPECT_THAT(source.message(), HasSubstr("does not belong to the query"));
}

TEST_P(Queries, KeysThatAreNoneAreFaults) {
  for (int id = 1; id <= 3; ++id) sql().run(table_.insert(id, "same"));
  Source source(table_.settings);
  const Emitted same = source.scan(of_table("SELECT note FROM {}", "note"));
  EXPECT_THAT(same.faults.back(), HasSubstr("the same in two rows"));
  const Emitted null = source.scan(of_table("SELECT total, id FROM {}", "total"));
  EXPECT_THAT(null.faults.front(), HasSubstr("the key is NULL"));
}

TEST_P(Queries, SayWhatIsWrong) {
  Settings both = of_table("SELECT id FROM {}");
  both.emplace_back("table", table_.name);
  EXPECT_THAT(refusal(both), HasSubstr("`table` and `query` exclude each other"));
  EXPECT_THAT(refusal({{"query", "SELECT 1 AS id"}}), HasSubstr("a query has no key of its own"));
  EXPECT_THAT(refusal(of_table("SELECT id, note FROM {}", "nix")), HasSubstr("the query has no column 'nix': it has id, note"));
  EXPECT_THAT(refusal(of_table("DELETE FROM {}")), HasSubstr("begins with 'DELETE'"));
  EXPECT_THAT(refusal(of_table("SELECT id FROM {}; SELECT 1")), HasSubstr("more than one statement"));
  EXPECT_THAT(refusal(of_table("SELECT id FORM {}")), testing::AllOf(HasSubstr("does not take the query"), HasSubstr("syntax")));
  EXPECT_THAT(refusal(query("SELECT id FROM no_such_table")), testing::AllOf(HasSubstr("does not take the query"), HasSubstr("no_such_table")));
  EXPECT_THAT(refusal(of_table("SELECT nix FROM {}")), testing::AllOf(HasSubstr("does not take the query"), HasSubstr("nix")));
  EXPECT_THAT(refusal(of_table("SELECT id, note AS id FROM {}")), testing::AnyOf(HasSubstr("both called 'id'"), HasSubstr("Duplicate column name 'id'")));
  EXPECT_THAT(refusal(tracked(of_table("SELECT id, note FROM {}"), "at")), HasSubstr("the query has no column 'at'"));
  EXPECT_THAT(refusal(tracked(of_table("SELECT id, note FROM {}"), "note")), HasSubstr("cannot be tracked"));
  if (GetParam() == Kind::postgresql) {
    EXPECT_THAT(refusal(of_table("SELECT id, 1 + 1 FROM {}")), HasSubstr("column 2 of the query has no name"));
  }
}

INSTANTIATE_TEST_SUITE_P(Odbc, Queries, testing::Values(Kind::sqlite, Kind::postgresql, Kind::mariadb), kind_name);

TEST(QueriesMariaDb, WhatOnlyLooksLikeTextIsNoKey) {
  TrackedTable table(Kind::mariadb);
  table.sql->run("ALTER TABLE " + table.name + " ADD kind ENUM('z', 'a') NOT NULL DEFAULT 'a', ADD flags SET('z', 'a') NOT NULL DEFAULT 'a', ADD code CHAR(2) NOT NULL DEFAULT 'xy'");
  table.sql->run(table.insert(1, "one"));
  Source source(table.settings);
  for (const char* column : {"kind", "flags"}) {
    ASSERT_EQ(source.open({{"query", "SELECT kind, flags, code FROM " + table.name}, {"key", column}}), MG_CONFIG);
    EXPECT_THAT(source.message(), HasSubstr("ordered by number"));
  }
  EXPECT_EQ(source.scan({{"query", "SELECT kind, flags, code FROM " + table.name}, {"key", "code"}}).rows.at(0).at("kind"), "a");
}

TEST(QueriesSqlite, LeaveNothingInTheFile) {
  TrackedTable table(Kind::sqlite);
  table.sql->run(table.insert(1, "one"));
  const std::string before = table.sql->run("SELECT group_concat(name) FROM sqlite_master");
  Source source(table.settings);
  EXPECT_EQ(source.scan({{"query", "SELECT id, note || '!' AS loud FROM " + table.name}, {"key", "id"}}).rows.at(0).at("loud"), "\"one!\"");
  EXPECT_EQ(table.sql->run("SELECT group_concat(name) FROM sqlite_master"), before);
}

}  // namespace meshgate::odbc_test
