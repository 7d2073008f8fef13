#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include "tests/integration/odbc/reading.hpp"

namespace meshgate::odbc_test {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Texts that are long, or none, on each database.
class Texts : public testing::TestWithParam<Kind> {
 protected:
  Texts() : name_("texts_" + std::to_string(::getpid())) {
    if (GetParam() == Kind::sqlite) file_ = (std::filesystem::temp_directory_path() / (name_ + ".db")).string();
    settings_ = settings_of(GetParam(), file_);
    sql_ = std::make_unique<Sql>(settings_);
  }
  ~Texts() override {
    sql_->run("DROP TABLE " + name_);
    sql_.reset();
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(file_, ignored);
  }

  std::string name_;
  std::string file_;
  Settings settings_;
  std::unique_ptr<Sql> sql_;
};

long peak_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long out = 0;
    if (word == "VmHWM:" && status >> out) return out;
  }
  return 0;
}

/// Reads a table in portions of which nothing is kept. Gives its rows, the bytes of their column `v`, and this process's peak memory.
std::array<long, 3> read_in_portions(const Settings& settings, const std::string& table) {
  std::array<long, 3> out{};
  Source source(settings);
  mg_limits limits = generous();
  limits.max_bytes = 1U << 20;
  std::string position;
  if (source.open({{"table", table}}) != MG_OK) return out;
  do {
    Emitted some;
    if (source.read(some, position, limits) != MG_OK) return {};
    for (const auto& row : some.rows) ++out[0], out[1] += static_cast<long>(row.at("v").size());
  } while ((source.progress().flags & MG_SCAN_ENDED) == 0);
  out[2] = peak_kilobytes();
  return out;
}

/// In a process of its own, whose peak is only its own.
std::array<long, 3> read_apart(const Settings& settings, const std::string& table) {
  std::array<long, 3> out{};
  int ends[2] = {};
  if (::pipe(ends) != 0) return out;
  const pid_t child = ::fork();
  if (child == 0) {
    out = read_in_portions(settings, table);
    ::_exit(::write(ends[1], out.data(), sizeof out) == sizeof out ? 0 : 1);
  }
  ::close(ends[1]);
  if (::read(ends[0], out.data(), sizeof out) != sizeof out) out = {};
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return out;
}

TEST_P(Texts, TwentyMegabytesAmongShortRows) {
  const std::string type = GetParam() == Kind::mariadb ? "LONGTEXT" : "TEXT";
  const std::string numbers = GetParam() == Kind::postgresql ? "generate_series(1, 3000) AS n(n)"
                              : GetParam() == Kind::mariadb  ? "(SELECT seq AS n FROM seq_1_to_3000) AS n"
                                                             : "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 3000) SELECT n FROM s) AS n";
  const std::string text = GetParam() == Kind::sqlite ? "replace(hex(zeroblob(10000000)), '0', 'x')" : "repeat('x', 20000000)";
  sql_->run("CREATE TABLE " + name_ + " (id INT NOT NULL PRIMARY KEY, v " + type + ")");
  sql_->run("INSERT INTO " + name_ + " SELECT n, 'short' FROM " + numbers);
  sql_->run("UPDATE " + name_ + " SET v = " + text + " WHERE id % 200 = 7");
  const auto [rows, bytes, peak] = read_apart(settings_, name_);
  EXPECT_EQ(rows, 3000);
  EXPECT_EQ(bytes, 15 * 20'000'000L + 2985 * 5);
  std::printf("peak %ld MB\n", peak / 1024);
  EXPECT_LT(peak, 256 * 1024) << "of fifteen texts of 20 MB only one is held at a time, though by several hands";
}

/// What a database lets be stored as text that is none.
class InvalidTexts : public Texts {};
TEST_P(InvalidTexts, StopTheirOwnRecordOnly) {
  if (GetParam() == Kind::postgresql) GTEST_SKIP_("");
  const bool sqlite = GetParam() == Kind::sqlite;
  sql_->run("CREATE TABLE " + name_ + " (k " + std::string(sqlite ? "TEXT" : "VARCHAR(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin") + " NOT NULL PRIMARY KEY, note " +
            (sqlite ? "TEXT)" : "VARCHAR(20) CHARACTER SET ucs2)"));
  const std::string half = sqlite ? "CAST(X'41EDA08042' AS TEXT)" : "X'41EDA08042'";
  sql_->run("INSERT INTO " + name_ + " VALUES ('a', 'first'), ('b', " + std::string(sqlite ? "CAST(X'41FF' AS TEXT)" : "X'0041D800'") + "), ('c', NULL), ('z', 'last')");
  sql_->run("INSERT INTO " + name_ + " VALUES (" + half + ", 'its key is no text')");
  Source source(settings_);
  Emitted got;
  std::string position;
  mg_limits one = generous();
  one.max_records = 1;
  ASSERT_EQ(source.open({{"table", name_}}), MG_OK) << source.message();
  do {
    ASSERT_EQ(source.read(got, position, one), MG_OK) << source.message();
    ASSERT_LT(got.rows.size(), 10U) << "the scan does not end";
  } while ((source.progress().flags & MG_SCAN_ENDED) == 0);
  ASSERT_EQ(got.rows.size(), 5U);
  EXPECT_THAT(got.faults, ElementsAre(HasSubstr("column k"), "", HasSubstr("column note"), "", ""));
  EXPECT_EQ(got.rows[0].at("k"), "null") << "what cannot be read is no key";
  EXPECT_EQ(got.rows[2].at("k"), "b") << "the record in quarantine has its key";
  EXPECT_EQ(got.rows[4].at("note"), "last");
}

std::string name_of(const testing::TestParamInfo<Kind>& made) {
  return made.param == Kind::sqlite ? "Sqlite" : made.param == Kind::postgresql ? "PostgreSql" : "MariaDb";
}
INSTANTIATE_TEST_SUITE_P(Odbc, Texts, testing::Values(Kind::sqlite, Kind::postgresql, Kind::mariadb), name_of);
INSTANTIATE_TEST_SUITE_P(Odbc, InvalidTexts, testing::Values(Kind::sqlite, Kind::mariadb), name_of);

/// Databases of PostgreSQL whose encoding is not UTF-8: they have only some characters, or do not say what their bytes are.
class Encodings : public testing::Test {
 protected:
  Encodings() : name_("encodings_" + std::to_string(::getpid())), settings_(with(settings_of(Kind::postgresql), "database", name_)) {}
  ~Encodings() override { drop(); }
  void drop() const { Sql(settings_of(Kind::postgresql)).run("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)"); }
  Emitted scan(const std::string& encoding, const std::string& rows) {
    drop();
    Sql(settings_of(Kind::postgresql)).run("CREATE DATABASE " + name_ + " ENCODING '" + encoding + "' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    Sql sql(settings_);
    sql.run("CREATE TABLE t (id INT PRIMARY KEY, v TEXT)");
    sql.run("INSERT INTO t " + rows);
    return Source(settings_).scan({{"table", "t"}});
  }

  std::string name_;
  Settings settings_;
};

TEST_F(Encodings, Latin1) {
  const Emitted got = scan("LATIN1", "VALUES (1, 'abc'), (2, chr(228) || chr(255))");
  ASSERT_EQ(got.rows.size(), 2U);
  EXPECT_EQ(got.rows[1].at("v"), "\u00e4\u00ff");
}

/// Every byte above ASCII, and how many of them are no character.
TEST_F(Encodings, OfWindows) {
  const std::map<std::string, int> holes = {{"WIN1250", 5}, {"WIN1251", 1}, {"WIN1252", 5}, {"WIN1253", 17}, {"WIN1254", 7}, {"WIN1257", 12}, {"WIN1258", 9}};
  for (const auto& [encoding, count] : holes) {
    SCOPED_TRACE(encoding);
    const Emitted got = scan(encoding, "SELECT i, repeat(chr(i), 1 + i % 2 * 5000) FROM generate_series(128, 255) AS i");
    ASSERT_EQ(got.rows.size(), 128U);
    EXPECT_EQ(128 - std::ranges::count(got.faults, ""), count);
    for (std::size_t row = 0; row < got.rows.size(); ++row) {
      EXPECT_THAT(got.faults[row], testing::AnyOf("", testing::AllOf(HasSubstr("column v"), HasSubstr(encoding))));
      EXPECT_EQ(got.rows[row].at("v") == "null", !got.faults[row].empty());
    }
  }
}

TEST_F(Encodings, SqlAsciiCarriesWhatIsUtf8) {
  const Emitted got = scan("SQL_ASCII", "VALUES (1, 'abc'), (2, E'\\303\\244'), (3, E'a\\377'), (4, E'\\344'), (5, repeat(E'\\342\\202\\254', 3000)), (6, repeat('x', 5000) || E'\\355\\240\\200'), (7, NULL)");
  ASSERT_EQ(got.rows.size(), 7U);
  EXPECT_EQ(got.rows[0].at("v"), "abc");
  EXPECT_EQ(got.rows[1].at("v"), "\u00e4");
  EXPECT_EQ(got.rows[4].at("v").size(), 9000U);
  EXPECT_EQ(got.rows[6].at("v"), "null");
  const auto no_text = testing::AllOf(HasSubstr("column v"), HasSubstr("SQL_ASCII"));
  EXPECT_THAT(got.faults, ElementsAre("", "", no_text, no_text, "", no_text, ""));
}

}  // namespace

}  // namespace meshgate::odbc_test
