#include "connectors/odbc/dialect.hpp"

#include <gtest/gtest.h>

#include "connectors/odbc/table.hpp"

namespace meshgate::odbc {

TEST(TableName, SplitsAtDotsOutsideQuotes) {
  EXPECT_EQ(parse_table_name("orders")->table, "orders");
  EXPECT_EQ(parse_table_name("shop.orders")->schema, "shop");
  EXPECT_EQ(parse_table_name("\"my.shop\".\"a \"\"b\"\"\"")->schema, "my.shop");
  EXPECT_EQ(parse_table_name("\"my.shop\".\"a \"\"b\"\"\"")->table, "a \"b\"");
  for (const char* wrong : {"", ".", "a.", ".a", "a.b.c", "\"a"}) EXPECT_FALSE(parse_table_name(wrong)) << wrong;
}

TEST(Dialect, IsChosenByTheDriver) {
  EXPECT_EQ(dialect_for_driver("PostgreSQL Unicode")->engine(), Engine::postgresql);
  EXPECT_EQ(dialect_for_driver("/usr/lib/odbc/psqlodbcw.so")->engine(), Engine::postgresql);
  EXPECT_EQ(dialect_for_driver("MariaDB Unicode")->engine(), Engine::mariadb);
  EXPECT_EQ(dialect_for_driver("libsqlite3odbc.so")->engine(), Engine::sqlite);
  EXPECT_EQ(dialect_for_driver("ODBC Driver 18 for SQL Server"), nullptr);
}

TEST(Dialect, QuotesNames) {
  EXPECT_EQ(postgresql_dialect()->quote("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(mariadb_dialect()->quote("a`b"), "`a``b`");
}

TEST(Describe, AsksForAKey) {
  const auto dialect = sqlite_dialect();
  const std::vector<std::vector<std::string>> rows = {{"t", "a", "integer", "INTEGER", "1", "0", ""}, {"t", "b", "real", "REAL", "1", "0", ""}};
  Table table;
  sdk::Status said = describe(*dialect, {.table = "t"}, rows, table);
  EXPECT_EQ(said.code, MG_CONFIG);
  EXPECT_NE(said.message.find("no primary key"), std::string::npos);
  EXPECT_NE(said.message.find("key: ["), std::string::npos);
  EXPECT_TRUE(describe(*dialect, {.table = "t", .key = {"a"}}, rows, table).ok());
  EXPECT_TRUE(table.declared_key);
  said = describe(*dialect, {.table = "t", .key = {"b"}}, rows, table);
  EXPECT_NE(said.message.find("floating-point"), std::string::npos);
  said = describe(*dialect, {.table = "t", .key = {"c"}}, rows, table);
  EXPECT_NE(said.message.find("it has a, b"), std::string::npos) << said.message;
}

TEST(Describe, KeepsTheKeyAmongChosenColumns) {
  const auto dialect = sqlite_dialect();
  const std::vector<std::vector<std::string>> rows = {
      {"t", "a", "integer", "INTEGER", "0", "2", ""}, {"t", "b", "text", "TEXT", "0", "1", ""}, {"t", "c", "text", "TEXT", "1", "0", ""}, {"t", "d", "text", "TEXT", "1", "0", ""}};
  Table table;
  ASSERT_TRUE(describe(*dialect, {.table = "t", .key = {}, .columns = {"d"}}, rows, table).ok());
  ASSERT_EQ(table.columns.size(), 3U);
  EXPECT_EQ(table.columns[2].name, "d");
  EXPECT_EQ(table.key, (std::vector<std::size_t>{1, 0}));
}

}  // namespace meshgate::odbc
