#include "connectors/odbc/result.hpp"

#include <gtest/gtest.h>

namespace meshgate::odbc {

TEST(Result, ColumnsNeedNamesOfTheirOwn) {
  EXPECT_EQ(unnamed(Engine::postgresql, {{"id", "int4"}, {"name", "text"}}), "");
  EXPECT_NE(unnamed(Engine::postgresql, {}).find("no columns"), std::string::npos);
  EXPECT_NE(unnamed(Engine::postgresql, {{"id", "int4"}, {"?column?", "text"}}).find("column 2 of the query has no name"), std::string::npos);
  EXPECT_NE(unnamed(Engine::mariadb, {{"id", "int"}, {"", "text"}}).find("column 2"), std::string::npos);
  EXPECT_NE(unnamed(Engine::postgresql, {{"id", "int4"}, {"x", "text"}, {"id", "int4"}}).find("columns 1 and 3 of the query are both called 'id'"), std::string::npos);
}

TEST(Result, SqliteNumbersWhatHasTheSameName) {
  EXPECT_NE(unnamed(Engine::sqlite, {{"id", "integer"}, {"id:1", "integer"}}).find("columns 1 and 2 of the query are both called 'id'"), std::string::npos);
  EXPECT_EQ(unnamed(Engine::sqlite, {{"a:1", "integer"}, {"b", "integer"}}), "");
  EXPECT_EQ(unnamed(Engine::postgresql, {{"a", "int4"}, {"a:1", "int4"}}), "");
}

TEST(Result, ReadsNoRowToKnowTheTypes) {
  const std::vector<ResultColumn> columns = {{"id", "bigint", true, 20, 0}, {"state", "char", false, 4, 0, true}, {"total", "decimal", false, 12, 2}};
  const std::string mariadb = mariadb_dialect()->result_inquiry("SELECT 1", columns).question;
  EXPECT_NE(mariadb.find("'bigint' AS type, 'bigint unsigned' AS native"), std::string::npos) << mariadb;
  EXPECT_NE(mariadb.find("'enum' AS type"), std::string::npos) << mariadb;
  EXPECT_NE(mariadb.find("'decimal(12,2)' AS native"), std::string::npos) << mariadb;
  EXPECT_NE(mariadb.find("LEFT JOIN (\nSELECT 1\n) AS t ON 1 = 0"), std::string::npos) << mariadb;
  EXPECT_NE(postgresql_dialect()->result_inquiry("SELECT 1", columns).question.find("pg_typeof(t.\"id\")"), std::string::npos);
  const Inquiry sqlite = sqlite_dialect()->result_inquiry("SELECT 1", columns);
  EXPECT_EQ(sqlite.before.back(), "CREATE TEMP VIEW meshgate_query AS\nSELECT 1");
  EXPECT_EQ(sqlite.after.back(), "PRAGMA query_only = 1");
}

}  // namespace meshgate::odbc
