#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "tests/integration/odbc/reading.hpp"

namespace meshgate::odbc_test {

namespace {

using testing::HasSubstr;

mg_value integer(std::int64_t number) {
  mg_value out{};
  out.kind = MG_INT64;
  out.i = number;
  return out;
}
mg_value text(std::string_view from) {
  mg_value out{};
  out.kind = MG_TEXT;
  out.s = sdk::borrow(from);
  return out;
}

/// Names of tables and columns, keys of several columns, and the order of text keys, on each database.
class Names : public testing::TestWithParam<Kind> {
 protected:
  Names() {
    if (GetParam() == Kind::sqlite) file_ = (std::filesystem::temp_directory_path() / ("names_" + std::to_string(::getpid()) + ".db")).string();
    settings_ = settings_of(GetParam(), file_);
    sql_ = std::make_unique<Sql>(settings_);
  }
  ~Names() override {
    for (const std::string& table : tables_) sql_->run("DROP TABLE " + table);
    sql_.reset();
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(file_, ignored);
  }
  [[nodiscard]] std::string quoted(const std::string& name) const { return GetParam() == Kind::mariadb ? "`" + name + "`" : "\"" + name + "\""; }
  std::string create(const std::string& name, const std::string& columns) {
    tables_.push_back(quoted(name));
    sql_->run("CREATE TABLE " + tables_.back() + " (" + columns + ")");
    return tables_.back();
  }
  /// Every row through pages of `page`, each read by a connection of its own, so that every page begins behind a key.
  std::vector<std::map<std::string, std::string>> in_pages(const Settings& stream, std::uint64_t page) const {
    Emitted seen;
    std::string position;
    mg_limits few = generous();
    few.max_records = page;
    for (int pages = 0; pages < 1000; ++pages) {
      Source source(settings_);
      if (source.open(stream) != MG_OK || source.read(seen, position, few) != MG_OK) {
        ADD_FAILURE() << source.message();
        break;
      }
      if ((source.progress().flags & MG_SCAN_ENDED) != 0) return seen.rows;
    }
    ADD_FAILURE() << "the scan does not end";
    return seen.rows;
  }

  std::string file_;
  Settings settings_;
  std::unique_ptr<Sql> sql_;
  std::vector<std::string> tables_;
};

TEST_P(Names, ReservedMixedCaseAndUnicode) {
  const std::string own = std::to_string(::getpid());
  const std::vector<std::pair<std::string, std::string>> names = {
      {"order", "select"}, {"MixedCase" + own, "camelCase"}, {"Stra\u00dfe \u4f60\u597d " + own, "Gr\u00f6\u00dfe in \u20ac"}, {"it's 100% [x] " + own, "a?b {c} :d"}, {"user", "group"}};
  for (const auto& [table, column] : names) {
    SCOPED_TRACE(table);
    const std::string made = create(table, quoted(column) + " INT NOT NULL PRIMARY KEY, " + quoted(column + " 2") + " VARCHAR(20)");
    sql_->run("INSERT INTO " + made + " VALUES (1, 'a'), (2, 'b'), (3, NULL)");
    const Settings stream = {{"table", "\"" + table + "\""}};
    const auto rows = in_pages(stream, 2);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[1].at(column), "2");
    EXPECT_EQ(rows[1].at(column + " 2"), "b");
    Source source(settings_);
    Emitted found;
    ASSERT_EQ(source.open(stream), MG_OK) << source.message();
    ASSERT_EQ(source.lookup(found, {integer(2), integer(9)}, 1), MG_OK) << source.message();
    ASSERT_EQ(found.rows.size(), 1U);
    EXPECT_EQ(found.rows[0].at(column + " 2"), "b");
  }
}

TEST_P(Names, KeysOfSeveralColumns) {
  const std::string name = "composite_" + std::to_string(::getpid());
  const std::string table = create(name, "b VARCHAR(20) NOT NULL, v INT, a INT NOT NULL, c DATE NOT NULL, PRIMARY KEY (a, b, c)");
  std::set<std::string> wanted;
  for (int a = -2; a <= 2; ++a) {
    for (const std::string b : {"", "it's", "x", "xx", "\u00e4"}) {
      for (const std::string c : {"2024-02-29", "2025-01-01"}) {
        std::string literal = b == "it's" ? "it''s" : b;
        sql_->run("INSERT INTO " + table + " VALUES ('" + literal + "', " + std::to_string(wanted.size()) + ", " + std::to_string(a) + ", '" + c + "')");
        wanted.insert(std::to_string(wanted.size()));
      }
    }
  }
  for (const std::uint64_t page : {1, 3, 7}) {
    const auto rows = in_pages({{"table", name}}, page);
    EXPECT_EQ(rows.size(), wanted.size());
    std::set<std::string> seen;
    for (const auto& row : rows) seen.insert(row.at("v"));
    EXPECT_EQ(seen, wanted);
  }
  if (GetParam() == Kind::sqlite) return;  // a date in a key is text there
  Source source(settings_);
  Emitted found;
  ASSERT_EQ(source.open({{"table", name}}), MG_OK) << source.message();
  mg_value day = integer(19782);  // 2024-02-29
  day.kind = MG_DATE;
  ASSERT_EQ(source.lookup(found, {integer(-2), text("it's"), day, integer(2), text("nowhere"), day}, 3), MG_OK) << source.message();
  ASSERT_EQ(found.rows.size(), 1U);
  EXPECT_EQ(found.rows[0].at("v"), "2");
}

/// Text keys in orders that are not those of their bytes.
TEST_P(Names, TextKeysInOddCollations) {
  const std::vector<std::string> collations =
      GetParam() == Kind::mariadb      ? std::vector<std::string>{"utf8mb4_general_ci", "utf8mb4_unicode_520_ci", "utf8mb4_german2_ci", "utf8mb4_unicode_nopad_ci", "utf8mb4_swedish_ci", "utf8mb4_turkish_ci", "utf8mb4_nopad_bin", "utf8mb4_bin"}
      : GetParam() == Kind::postgresql ? std::vector<std::string>{"\"C\"", "\"und-x-icu\"", "\"da-x-icu\"", "\"sv-x-icu\"", "\"tr-x-icu\""}
                                       : std::vector<std::string>{"BINARY", "NOCASE", "RTRIM"};
  const std::vector<std::string> values = {"", "a", "B", "c", "\u00c4b", "ad", "Ae", "Zebra", "zoo", "\u00f6l", "oz", "o-z", "o_y", "stra\u00dfe", "strasse 2", "1", "10", "9", "-1", "\u4f60", "\U0001F600", "e\u0301x", "\u00e9y", "\u0130", "iz", "%", "\\", "tab\tx"};
  for (std::size_t i = 0; i < collations.size(); ++i) {
    SCOPED_TRACE(collations[i]);
    const std::string name = "collated_" + std::to_string(::getpid()) + "_" + std::to_string(i);
    const std::string charset = GetParam() == Kind::mariadb ? " CHARACTER SET utf8mb4" : "";
    const std::string table = create(name, "k VARCHAR(50)" + charset + " COLLATE " + collations[i] + " NOT NULL PRIMARY KEY");
    sql_->run("BEGIN");
    if (GetParam() == Kind::mariadb) sql_->run("SET sql_mode = 'NO_BACKSLASH_ESCAPES'");
    for (const std::string& value : values) sql_->run("INSERT INTO " + table + " VALUES ('" + value + "')");
    sql_->run("COMMIT");
    for (const std::uint64_t page : {1, 4}) {
      const auto rows = in_pages({{"table", name}}, page);
      std::multiset<std::string> seen;
      for (const auto& row : rows) seen.insert(row.at("k"));
      EXPECT_EQ(seen, std::multiset<std::string>(values.begin(), values.end())) << "pages of " << page;
    }
  }
}

/// Rows that differ only in a way that the collation of their text does not see, told apart by a second column.
TEST_P(Names, TextsThatAreEqualWithinCompositeKeys) {
  const std::string own = std::to_string(::getpid());
  if (GetParam() == Kind::postgresql) sql_->run("CREATE COLLATION any_case_" + own + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  const std::string collation = GetParam() == Kind::mariadb ? "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci" : GetParam() == Kind::postgresql ? "COLLATE any_case_" + own : "COLLATE NOCASE";
  const std::string name = "equal_" + own;
  const std::string table = create(name, "k VARCHAR(50) " + collation + " NOT NULL, n INT NOT NULL, v INT NOT NULL, PRIMARY KEY (k, n)");
  std::multiset<std::string> wanted;
  for (int i = 0; i < 30; ++i) {
    const std::string text(i % 2 == 0 ? (i % 3 == 0 ? "ab" : "x") : (i % 3 == 0 ? "AB" : "X"));
    sql_->run("INSERT INTO " + table + " VALUES ('" + text + "', " + std::to_string(i) + ", " + std::to_string(i) + ")");
    wanted.insert(text + std::to_string(i));
  }
  for (const std::uint64_t page : {1, 4}) {
    std::multiset<std::string> seen;
    for (const auto& row : in_pages({{"table", name}}, page)) seen.insert(row.at("k") + row.at("v"));
    EXPECT_EQ(seen, wanted) << "pages of " << page;
  }
  sql_->run("DROP TABLE " + table);
  tables_.pop_back();
  if (GetParam() == Kind::postgresql) sql_->run("DROP COLLATION any_case_" + own);
}

/// More rows without a key than one page of any driver holds.
TEST_P(Names, RowsWithoutAKeyDoNotHoldUpTheOthers) {
  const std::string name = "keyless_" + std::to_string(::getpid());
  const std::string table = create(name, "k INT, v INT");
  sql_->run("INSERT INTO " + table + " VALUES (NULL, 0)");
  for (int doubled = 0; doubled < 13; ++doubled) sql_->run("INSERT INTO " + table + " SELECT k, v FROM " + table);
  sql_->run("INSERT INTO " + table + " VALUES (1, 1), (2, 2)");
  Source source(settings_);
  const Emitted got = source.scan({{"table", name}, {"key", "k"}});
  EXPECT_EQ(got.rows.size(), 8194U);
  EXPECT_EQ(std::ranges::count(got.faults, ""), 2);
}

/// A program that runs in the C locale (a service) reads the same text.
TEST_P(Names, TextDoesNotDependOnTheLocale) {
  const std::string name = "locale_" + std::to_string(::getpid());
  const std::string table = create(name, GetParam() == Kind::mariadb ? "id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb4" : "id INT PRIMARY KEY, v VARCHAR(20)");
  sql_->run("INSERT INTO " + table + " VALUES (1, 'Gr\u00fc\u00dfe \u4f60 \U0001F600')");
  for (const char* locale : {"C", "C.UTF-8", "POSIX"}) {
    ::setenv("LC_ALL", locale, 1);
    ::setenv("LANG", locale, 1);
    ASSERT_NE(std::setlocale(LC_ALL, ""), nullptr);
    Source source(settings_);
    EXPECT_EQ(source.scan({{"table", name}}).rows.at(0).at("v"), "Gr\u00fc\u00dfe \u4f60 \U0001F600") << locale;
  }
  ::unsetenv("LC_ALL");
  ::unsetenv("LANG");
  std::setlocale(LC_ALL, "C");
}

/// The README's statements, on a schema that is nobody else's.
class PrivateSchema : public Names {};
TEST_P(PrivateSchema, NeedsTheStatementsOfTheReadme) {
  const std::string user = "private_" + std::to_string(::getpid());
  sql_->run("CREATE USER " + user + " PASSWORD 'pw'");
  sql_->run("CREATE SCHEMA " + user);
  sql_->run("CREATE TABLE " + user + ".t (id INT PRIMARY KEY, v TEXT)");
  sql_->run("INSERT INTO " + user + ".t VALUES (1, 'x')");
  const Settings theirs = with(with(settings_, "uid", user), "pwd", "pw");
  const Settings stream = {{"table", user + ".t"}};
  {
    Source source(theirs);
    sql_->run("GRANT SELECT ON " + user + ".t TO " + user);
    EXPECT_EQ(source.open(stream), MG_AUTH) << source.message();
    EXPECT_THAT(source.message(), HasSubstr("may not read '" + user + ".t'"));
    sql_->run("GRANT USAGE ON SCHEMA " + user + " TO " + user);
    EXPECT_EQ(source.scan(stream).rows.size(), 1U);
  }
  sql_->run("DROP SCHEMA " + user + " CASCADE");
  sql_->run("DROP OWNED BY " + user);
  sql_->run("DROP USER " + user);
}

INSTANTIATE_TEST_SUITE_P(Odbc, PrivateSchema, testing::Values(Kind::postgresql), [](const auto&) { return "PostgreSql"; });
INSTANTIATE_TEST_SUITE_P(Odbc, Names, testing::Values(Kind::sqlite, Kind::postgresql, Kind::mariadb), [](const auto& made) {
  return made.param == Kind::sqlite ? "Sqlite" : made.param == Kind::postgresql ? "PostgreSql" : "MariaDb";
});

}  // namespace

}  // namespace meshgate::odbc_test
