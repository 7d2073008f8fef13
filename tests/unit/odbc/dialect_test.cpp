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

TEST(TableName, IsWrittenAsItIsRead) {
  EXPECT_EQ(written({"shop", "orders"}), "shop.orders");
  EXPECT_EQ(written({"", "my table"}), "my table");
  for (const TableName& name : {TableName{"my.shop", "a \"b\""}, TableName{"", "a.b"}, TableName{"s", "\""}}) {
    const auto read = parse_table_name(written(name));
    ASSERT_TRUE(read) << written(name);
    EXPECT_EQ(read->schema, name.schema);
    EXPECT_EQ(read->table, name.table);
  }
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

namespace {

Column read_as(const Dialect& dialect, const std::string& type, std::vector<std::string> details) {
  return dialect.column({.table = "t", .name = "c", .type = type, .native = type, .details = std::move(details)});
}

}  // namespace

TEST(PostgreSql, TypesWithoutAKindOfTheirOwnAreTextAsPrinted) {
  const auto dialect = postgresql_dialect();
  const Column inet = read_as(*dialect, "inet", {"pg_catalog", "", "pg_catalog.inet", "pg_catalog.inet_out", "UTF8"});
  EXPECT_EQ(inet.type, MG_TEXT);
  EXPECT_EQ(inet.value, "pg_catalog.textin(pg_catalog.inet_out(\"c\"))");
  EXPECT_EQ(inet.parameter, "CAST(? AS pg_catalog.inet)");
  EXPECT_EQ(inet.unordered, "");
  const Column point = read_as(*dialect, "point", {"", "float8", "pg_catalog.point", "pg_catalog.point_out", "UTF8"});
  EXPECT_EQ(point.type, MG_TEXT);
  EXPECT_EQ(point.unordered, "values of type point have no order");
  EXPECT_EQ(read_as(*dialect, "regclass", {"pg_catalog", "", "pg_catalog.regclass", "pg_catalog.regclassout", "UTF8"}).type, MG_NULL);
}

TEST(PostgreSql, ArraysAreJsonWhoseLongNumbersAreTexts) {
  const auto dialect = postgresql_dialect();
  const Column integers = read_as(*dialect, "array", {"", "int4", "pg_catalog._int4", "pg_catalog.array_out", "UTF8"});
  EXPECT_EQ(integers.type, MG_JSON);
  EXPECT_EQ(integers.value, "CAST(to_json(\"c\") AS text)");
  EXPECT_NE(integers.odd, "");
  const Column decimals = read_as(*dialect, "array", {"", "numeric", "pg_catalog._numeric", "pg_catalog.array_out", "UTF8"});
  EXPECT_EQ(decimals.value, "CAST(to_json(CAST(\"c\" AS text[])) AS text)");
}

TEST(PostgreSql, TextOfEncodingsWithHolesIsTriedBeforeItIsSent) {
  const Column column = read_as(*postgresql_dialect(), "text", {"pg_catalog", "", "pg_catalog.text", "pg_catalog.textout", "SQL_ASCII"});
  EXPECT_TRUE(column.odd.starts_with("NOT \"c\" ~ '^(")) << column.odd;
  EXPECT_NE(column.why_odd.find("SQL_ASCII"), std::string::npos);
  EXPECT_EQ(read_as(*postgresql_dialect(), "text", {"pg_catalog", "", "pg_catalog.text", "pg_catalog.textout", "WIN1251"}).value, "CASE WHEN \"c\" !~ '\\x98' THEN \"c\" END");
  EXPECT_EQ(read_as(*postgresql_dialect(), "text", {"pg_catalog", "", "pg_catalog.text", "pg_catalog.textout", "LATIN1"}).odd, "");
}

TEST(MariaDb, TextThatMayNotBeUnicodeIsTriedThereAndBack) {
  const auto dialect = mariadb_dialect();
  EXPECT_EQ(read_as(*dialect, "varchar", {"40", "utf8mb4"}).odd, "");
  EXPECT_EQ(read_as(*dialect, "varchar", {"40", "latin1"}).odd, "");
  EXPECT_EQ(read_as(*dialect, "varchar", {"40", "sjis"}).odd, "CAST(CONVERT(CONVERT(`c` USING utf8mb4) USING sjis) AS BINARY) <> CAST(`c` AS BINARY)");
  EXPECT_EQ(read_as(*dialect, "multipoint", {"0", ""}).type, MG_BYTES);
  EXPECT_EQ(read_as(*dialect, "a new type", {"0", ""}).type, MG_NULL);
}

TEST(Sqlite, DeclaredTypesAreReadAsTheyAreMeant) {
  const auto dialect = sqlite_dialect();
  const std::vector<std::pair<std::string, std::int32_t>> meant = {{"unsigned big int", MG_INT64}, {"num", MG_DECIMAL}, {"decimal(9,2)", MG_DECIMAL}, {"nvarchar(9)", MG_TEXT},
                                                                   {"datetime", MG_TIMESTAMP},     {"timestamptz", MG_TIMESTAMPTZ}, {"point", MG_BYTES}, {"interval", MG_JSON}, {"", MG_JSON}};
  for (const auto& [type, kind] : meant) EXPECT_EQ(read_as(*dialect, type, {}).type, kind) << type;
  EXPECT_NE(read_as(*dialect, "", {}).unordered, "");
}

TEST(Describe, AsksForAKey) {
  const auto dialect = sqlite_dialect();
  const std::vector<std::vector<std::string>> rows = {{"t", "a", "integer", "INTEGER", "1", "0"}, {"t", "b", "real", "REAL", "1", "0"}};
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
      {"t", "a", "integer", "INTEGER", "0", "2"}, {"t", "b", "text", "TEXT", "0", "1"}, {"t", "c", "text", "TEXT", "1", "0"}, {"t", "d", "text", "TEXT", "1", "0"}};
  Table table;
  ASSERT_TRUE(describe(*dialect, {.table = "t", .key = {}, .columns = {"d"}}, rows, table).ok());
  ASSERT_EQ(table.columns.size(), 3U);
  EXPECT_EQ(table.columns[2].name, "d");
  EXPECT_EQ(table.key, (std::vector<std::size_t>{1, 0}));
}

}  // namespace meshgate::odbc
