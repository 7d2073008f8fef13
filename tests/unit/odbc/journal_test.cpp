#include "connectors/odbc/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/odbc/journal_reader.hpp"
#include "connectors/odbc/journal_statements.hpp"
#include "connectors/odbc/table.hpp"

namespace meshgate::odbc {

namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// shop.pairs (a bigint, b text, note text), key a, b.
Table pairs() {
  Table out{.name = "shop.pairs", .from = "shop.pairs"};
  out.columns.push_back({.name = "a", .native = "bigint", .type = MG_INT64, .nullable = false, .key = 1, .carry = Carry::int64, .value = "a"});
  out.columns.push_back({.name = "b", .native = "text", .type = MG_TEXT, .nullable = false, .key = 2, .carry = Carry::text, .value = "b"});
  out.columns.push_back({.name = "note", .native = "text", .type = MG_TEXT, .carry = Carry::text, .value = "note"});
  out.key = out.order = {0, 1};
  return out;
}

std::string joined(const std::vector<std::string>& statements) {
  std::string out;
  for (const std::string& one : statements) out += one + ";\n";
  return out;
}

}  // namespace

TEST(Journal, IsNamedAfterItsTable) {
  EXPECT_EQ(journal_of({"", "orders"}, "public").entries.schema, "public");
  EXPECT_EQ(journal_of({"shop", "orders"}, "").entries.table, "meshgate_journal_orders");
  const std::string longest(63, 'x');
  const std::string cut = journal_of({"", longest}, "").entries.table;
  EXPECT_EQ(cut.size(), 60U);
  EXPECT_NE(cut, journal_of({"", longest.substr(1) + "y"}, "").entries.table) << "names that begin alike stay apart";
  for (std::size_t before = 20; before < 24; ++before) {
    std::string wide(before, 'x');
    for (int i = 0; i < 20; ++i) wide += "\xC3\xA4";
    const std::string cut_within = journal_of({"", wide}, "").entries.table;
    EXPECT_LE(cut_within.size(), 60U);
    EXPECT_EQ(static_cast<unsigned char>(cut_within[cut_within.size() - 18]), 0xA4U) << "a character is whole or not there";
  }
}

TEST(Journal, ReadsWhatIsNotDone) {
  EXPECT_EQ(not_in({}, "id"), "");
  EXPECT_EQ(not_in(*IdSet::parse("3-5,9"), "id"), "((id < 3) OR (id > 5 AND id < 9) OR id > 9)");
  const auto dialect = sqlite_dialect();
  const auto entries = entries_of(pairs(), journal_of({"", "pairs"}, ""), *dialect, *IdSet::parse("1"));
  EXPECT_EQ(entries->columns.size(), 5U);
  EXPECT_TRUE(entries->columns[3].hidden && entries->columns[4].hidden);
  EXPECT_EQ(entries->order, std::vector<std::size_t>{3});
  EXPECT_THAT(entries->from, AllOf(HasSubstr("LEFT JOIN shop.pairs r ON r.\"a\" = j.\"a\" AND r.\"b\" = j.\"b\" AND r.\"b\" COLLATE BINARY = j.\"b\" COLLATE BINARY"),
                                   HasSubstr("WHERE ((j.meshgate_id < 1) OR j.meshgate_id > 1)")));
}

TEST(Journal, DeletesByExactIds) {
  const auto dialect = mariadb_dialect();
  const Journal journal = journal_of({"shop", "pairs"}, "");
  EXPECT_THAT(delete_statements(journal, *dialect, {}), testing::IsEmpty());
  EXPECT_THAT(delete_statements(journal, *dialect, *IdSet::parse("1-3,7")), testing::ElementsAre("DELETE FROM `shop`.`meshgate_journal_pairs` WHERE meshgate_id IN (1, 2, 3, 7)"));
  EXPECT_EQ(delete_statements(journal, *dialect, *IdSet::parse("1-2001")).size(), 3U);
}

TEST(Journal, EachDatabaseHasTriggersOfItsOwn) {
  const Journal journal = journal_of({"shop", "pairs"}, "");
  const std::string postgresql = joined(install_statements(pairs(), journal, *postgresql_dialect(), "mesh"));
  EXPECT_THAT(postgresql, AllOf(HasSubstr("SECURITY DEFINER SET search_path = pg_catalog, pg_temp"), HasSubstr("AFTER TRUNCATE"),
                                HasSubstr("OLD.\"a\" IS DISTINCT FROM NEW.\"a\" OR CAST(OLD.\"b\" AS text) COLLATE \"C\" IS DISTINCT FROM CAST(NEW.\"b\" AS text) COLLATE \"C\""),
                                HasSubstr("GRANT SELECT, DELETE ON \"shop\".\"meshgate_journal_pairs\" TO mesh")));
  const std::string mariadb = joined(install_statements(pairs(), journal, *mariadb_dialect(), ""));
  EXPECT_THAT(mariadb, AllOf(HasSubstr("NOT (OLD.`a` <=> NEW.`a`) OR NOT (CAST(OLD.`b` AS BINARY) <=> CAST(NEW.`b` AS BINARY))"), Not(HasSubstr("GRANT"))));
  const std::string sqlite = joined(install_statements(pairs(), journal_of({"", "pairs"}, ""), *sqlite_dialect(), ""));
  EXPECT_THAT(sqlite, AllOf(HasSubstr("AUTOINCREMENT"), HasSubstr("SELECT 'D', OLD.\"a\", OLD.\"b\" WHERE OLD.\"a\" IS NOT NEW.\"a\" OR ")));
}

TEST(Journal, RemovingLeavesTheReadersOfOthers) {
  const Journal journal = journal_of({"shop", "pairs"}, "");
  EXPECT_THAT(remove_statements(journal, *mariadb_dialect(), false), Contains("DELETE FROM `shop`.`meshgate_journal_readers` WHERE journal = 'meshgate_journal_pairs'"));
  EXPECT_THAT(remove_statements(journal, *mariadb_dialect(), true), Contains("DROP TABLE IF EXISTS `shop`.`meshgate_journal_readers`"));
}

TEST(Journal, AScriptCanBeRunByTheDatabasesOwnCommandLine) {
  EXPECT_EQ(script({"A", "BEGIN B; END"}, Engine::mariadb), "A;\nDELIMITER //\nBEGIN B; END //\nDELIMITER ;\n");
  EXPECT_EQ(script({"A", "BEGIN B; END"}, Engine::sqlite), "A;\nBEGIN B; END;\n");
}

TEST(JournalReader, OnlyWhatAllAreDoneWithGoes) {
  EXPECT_TRUE(done_by_all({}).empty());
  const ReaderRow fast{.reader = "fast", .done = *IdSet::parse("1-9,12")};
  const ReaderRow slow{.reader = "slow", .done = *IdSet::parse("2-3,9-12")};
  EXPECT_EQ(done_by_all({fast}).text(), "1-9,12");
  EXPECT_EQ(done_by_all({fast, slow}).text(), "2-3,9,12");
  EXPECT_TRUE(done_by_all({fast, slow, ReaderRow{.reader = "new"}}).empty());
}

TEST(JournalReader, ARowComesBackAsItWas) {
  const ReaderRow row{.reader = "r", .token = 1, .n = 2, .done = *IdSet::parse("3-4"), .settled = 5, .keep = 6};
  EXPECT_EQ(decode_reader({"r", "1", "2", "3-4", "5", "6"}), row);
  EXPECT_FALSE(decode_reader({"r", "1", "2", "3-4", "5"}));
  EXPECT_FALSE(decode_reader({"r", "1", "2", "x", "5", "6"}));
  EXPECT_FALSE(decode_reader({"r", "", "2", "", "5", "6"}));
}

}  // namespace meshgate::odbc
