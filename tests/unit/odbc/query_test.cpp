#include "connectors/odbc/query.hpp"

#include <gtest/gtest.h>

namespace meshgate::odbc {

namespace {

/// What PostgreSQL's catalogue says of a type of its own.
std::vector<std::string> details(const std::string& type) {
  return {"pg_catalog", "", "pg_catalog." + type, "pg_catalog." + type + "out", "UTF8"};
}

Table table_of(const Dialect& dialect, std::vector<CatalogColumn> columns) {
  Table out{.name = "t", .from = dialect.quote("t")};
  for (const CatalogColumn& column : columns) {
    if (column.key > 0) out.key.push_back(out.columns.size());
    out.columns.push_back(dialect.column(column));
  }
  out.order = out.key;
  return out;
}

}  // namespace

TEST(Query, OneKeyColumn) {
  const auto dialect = sqlite_dialect();
  const Table table = table_of(*dialect, {{"t", "id", "integer", "INTEGER", false, 1}});
  EXPECT_EQ(behind(table, *dialect).sql, "\"id\" > ?");
  EXPECT_EQ(scan_query(table, *dialect, "x", 0),
            "SELECT t.\"id\", CASE WHEN typeof(t.\"id\") NOT IN ('integer', 'null') THEN 1 ELSE 0 END FROM \"t\" AS t WHERE x ORDER BY t.\"id\"");
  EXPECT_EQ(rows_query(table, "x"), "SELECT t.\"id\", CASE WHEN typeof(t.\"id\") NOT IN ('integer', 'null') THEN 1 ELSE 0 END FROM \"t\" AS t WHERE x");
}

TEST(Query, SeveralKeyColumns) {
  const auto dialect = mariadb_dialect();
  const Table table = table_of(*dialect, {{"t", "a", "int", "int(11)", false, 1, {"0", ""}}, {"t", "b", "varchar", "varchar(9)", false, 2, {"36", "utf8mb4"}}, {"t", "c", "date", "date", false, 3, {"0", ""}}});
  const Condition where = behind(table, *dialect);
  EXPECT_EQ(where.sql,
            "`a` >= CAST(? AS SIGNED) AND (`a` > CAST(? AS SIGNED) OR (`a` = CAST(? AS SIGNED) AND (`b` > ? OR (`b` = ? AND `c` > CAST(? AS DATE)))))");
  EXPECT_EQ(where.parameters, (std::vector<std::size_t>{0, 0, 0, 1, 1, 2}));
  EXPECT_EQ(scan_query(table, *dialect, "", 10), "SELECT `a`, `b`, `c` FROM `t` AS t ORDER BY t.`a`, t.`b`, t.`c` LIMIT 10");
}

TEST(Query, NullsBehindEveryValue) {
  const auto dialect = postgresql_dialect();
  const Table table = table_of(*dialect, {{"t", "a", "int4", "integer", true, 1, details("int4")}, {"t", "b", "text", "text", true, 2, details("text")}});
  EXPECT_EQ(behind(table, *dialect).sql,
            "(\"a\" > CAST(? AS pg_catalog.int4) OR \"a\" IS NULL OR (\"a\" = CAST(? AS pg_catalog.int4) AND (\"b\" > CAST(? AS pg_catalog.text) OR \"b\" IS NULL)))");
}

TEST(Query, KeysToLookUp) {
  const auto dialect = sqlite_dialect();
  const Table table = table_of(*dialect, {{"t", "a", "integer", "INTEGER", false, 1}, {"t", "b", "text", "TEXT", false, 2}});
  const Condition where = of_keys(table, *dialect, 2);
  EXPECT_EQ(where.sql, "(\"a\" = ? AND \"b\" = ?) OR (\"a\" = ? AND \"b\" = ?)");
  EXPECT_EQ(where.parameters, (std::vector<std::size_t>{0, 1, 2, 3}));
}

TEST(Query, LongValuesAreCutAndTypesNotCarriedAreLeftOut) {
  const auto dialect = postgresql_dialect();
  const Table table = table_of(*dialect, {{"t", "id", "int8", "bigint", false, 1, details("int8")}, {"t", "x", "text", "text", true, 0, details("text")}, {"t", "y", "regclass", "regclass", true, 0, details("regclass")}});
  EXPECT_EQ(select_list(table, true), "\"id\", left(\"x\", 4097)");
  EXPECT_EQ(select_list(table, false), "\"id\", \"x\"");
}

TEST(Query, KeysAreComparedByTheOperatorsOfTheirType) {
  const auto dialect = postgresql_dialect();
  const Table table = table_of(*dialect, {{"t", "k", "", "citext", false, 1, {"ext", "", "ext.citext", "ext.citextout", "UTF8"}}});
  EXPECT_EQ(behind(table, *dialect).sql, "\"k\" OPERATOR(ext.>) CAST(? AS ext.citext)");
  EXPECT_EQ(of_keys(table, *dialect, 1).sql, "(\"k\" OPERATOR(ext.=) CAST(? AS ext.citext))");
}

TEST(Query, AnOddKeyIsToldBeforeOtherOddValues) {
  const auto dialect = mariadb_dialect();
  const Table table = table_of(*dialect, {{"t", "v", "varchar", "varchar(9)", true, 0, {"9", "ascii"}}, {"t", "k", "varchar", "varchar(9)", false, 1, {"9", "ascii"}}});
  const std::string list = select_list(table, true);
  EXPECT_LT(list.find("THEN 2"), list.find("THEN 1")) << list;
}

}  // namespace meshgate::odbc
