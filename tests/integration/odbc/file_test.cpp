#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "tests/integration/odbc/reading.hpp"

namespace meshgate::odbc_test {

namespace {

using testing::HasSubstr;

/// A SQLite file that somebody changes while the connector holds it open.
class File : public testing::Test {
 protected:
  File() {
    std::string pattern = (std::filesystem::temp_directory_path() / "meshgate-file-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    make(path("a.db"), 'a');
    source_ = std::make_unique<Source>(settings_of(Kind::sqlite, path("a.db")));
    EXPECT_EQ(source_->open({{"table", "t"}}), MG_OK) << source_->message();
  }
  ~File() override {
    source_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  static void make(const std::string& file, char letter) {
    Sql sql(settings_of(Kind::sqlite, file));
    sql.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    sql.run(std::string("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) INSERT INTO t SELECT i, '") + letter + "' FROM n");
  }
  void expect_reconnect(std::int32_t code) {
    EXPECT_EQ(code, MG_RECONNECT) << source_->message();
    EXPECT_THAT(source_->message(), HasSubstr("removed or replaced"));
    EXPECT_THAT(source_->message(), HasSubstr(path("a.db")));
  }
  std::int32_t read_from_the_start() {
    Emitted seen;
    std::string position;
    return source_->read(seen, position);
  }
  std::int32_t look_up() {
    Emitted seen;
    mg_value key{};
    key.kind = MG_INT64;
    key.i = 3;
    return source_->lookup(seen, {key}, 1);
  }

  std::string folder_;
  std::unique_ptr<Source> source_;
};

TEST_F(File, RemovedIsNotReadOn) {
  EXPECT_EQ(read_from_the_start(), MG_OK) << source_->message();
  std::filesystem::rename(path("a.db"), path("away.db"));
  expect_reconnect(look_up());
  EXPECT_NE(read_from_the_start(), MG_OK) << "unreachable is not empty";
  std::filesystem::rename(path("away.db"), path("a.db"));
  EXPECT_EQ(read_from_the_start(), MG_OK) << source_->message();
}

TEST_F(File, LockedIsTriedAgain) {
  Source source(with(settings_of(Kind::sqlite, path("a.db")), "timeout", "300"));
  ASSERT_EQ(source.open({{"table", "t"}}), MG_OK) << source.message();
  Sql writer(settings_of(Kind::sqlite, path("a.db")));
  writer.run("BEGIN EXCLUSIVE");
  Emitted seen;
  std::string position;
  EXPECT_EQ(source.read(seen, position), MG_RETRY) << source.message();
  EXPECT_THAT(source.message(), HasSubstr("busy"));
  EXPECT_TRUE(seen.rows.empty());
  writer.run("COMMIT");
  EXPECT_EQ(source.read(seen, position), MG_OK) << source.message();
  EXPECT_EQ(seen.rows.size(), 20U);
}

TEST_F(File, ReplacedIsToldAtTheNextScan) {
  EXPECT_EQ(read_from_the_start(), MG_OK) << source_->message();
  make(path("b.db"), 'b');
  std::filesystem::rename(path("b.db"), path("a.db"));
  expect_reconnect(read_from_the_start());
  Source again(settings_of(Kind::sqlite, path("a.db")));
  EXPECT_EQ(again.scan({{"table", "t"}}).rows.at(19).at("v"), "b");
}

TEST_F(File, ReplacedIsToldAtTheNextLookup) {
  EXPECT_EQ(look_up(), MG_OK) << source_->message();
  make(path("b.db"), 'b');
  std::filesystem::rename(path("b.db"), path("a.db"));
  expect_reconnect(look_up());
}

}  // namespace

}  // namespace meshgate::odbc_test
