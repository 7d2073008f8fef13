#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/integration/odbc/reading.hpp"

namespace meshgate::odbc_test {

namespace {

constexpr int kRows = 6000;

/// Short for some sets of rows, then longer, then long, then short again: the width learned from what came before is wrong each time.
std::string note(int id) {
  const std::size_t size = id <= 2200 ? 10 : id <= 4200 ? 300 : id == 4300 ? 4096 : id == 4301 ? 4097 : id == 5555 ? 200'000 : 20;
  const std::string digits = std::to_string(id) + "/";
  std::string out;
  while (out.size() < size) out += digits;
  out.resize(size);
  return out;
}

class Lengths : public testing::TestWithParam<Kind> {
 protected:
  Lengths() {
    if (GetParam() == Kind::sqlite) file_ = (std::filesystem::temp_directory_path() / ("lengths_" + std::to_string(::getpid()) + ".db")).string();
    settings_ = settings_of(GetParam(), file_);
    Sql sql(settings_);
    const std::string type = GetParam() == Kind::mariadb ? "LONGTEXT" : "TEXT";
    sql.run("CREATE TABLE lengths (id INTEGER PRIMARY KEY, note " + type + " NOT NULL)");
    for (int id = 1; id <= kRows;) {
      std::string rows;
      for (int i = 0; i < 500; ++i, ++id) rows += (i == 0 ? "(" : ", (") + std::to_string(id) + ", '" + note(id) + "')";
      sql.run("INSERT INTO lengths VALUES " + rows);
    }
  }
  ~Lengths() override {
    Sql(settings_).run("DROP TABLE lengths");
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(file_, ignored);
  }

  std::string file_;
  Settings settings_;
};

TEST_P(Lengths, ValuesAreWholeWhateverCameBefore) {
  Source source(settings_);
  ASSERT_EQ(source.open({{"table", "lengths"}}), MG_OK) << source.message();
  std::string position;
  for (int scan = 0; scan < 2; ++scan) {
    Emitted got;
    do {
      ASSERT_EQ(source.read(got, position), MG_OK) << source.message();
    } while ((source.progress().flags & MG_SCAN_ENDED) == 0);
    ASSERT_EQ(got.rows.size(), static_cast<std::size_t>(kRows));
    for (int id = 1; id <= kRows; ++id) {
      const auto& row = got.rows[static_cast<std::size_t>(id) - 1];
      ASSERT_EQ(row.at("id"), std::to_string(id));
      ASSERT_EQ(row.at("note"), note(id)) << "row " << id << " of scan " << scan;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Databases, Lengths, testing::Values(Kind::sqlite, Kind::postgresql, Kind::mariadb));

}  // namespace

}  // namespace meshgate::odbc_test
