#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

#include "tests/integration/odbc/reading.hpp"

namespace meshgate::odbc_test {

namespace {

using testing::HasSubstr;

std::string fresh_table() {
  static int made = 0;
  return "types_" + std::to_string(::getpid()) + "_" + std::to_string(++made);
}

/// A column type, a literal, and what must arrive; "!" means: a fault that names the column.
struct Case {
  std::string type;
  std::string literal;
  std::int32_t kind;
  std::string value;
};

class Types : public testing::Test {
 protected:
  ~Types() override {
    for (const std::string& table : tables_) sql_->run("DROP TABLE " + table);
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(file_, ignored);
  }
  void use(Kind kind) {
    if (kind == Kind::sqlite) file_ = (std::filesystem::temp_directory_path() / (fresh_table() + ".db")).string();
    settings_ = settings_of(kind, file_);
    sql_ = std::make_unique<Sql>(settings_);
  }
  std::string create(const std::string& columns) {
    tables_.push_back(fresh_table());
    sql_->run("CREATE TABLE " + tables_.back() + " (" + columns + ")");
    return tables_.back();
  }
  void expect(const std::vector<Case>& cases) {
    Source source(settings_);
    for (const Case& one : cases) {
      SCOPED_TRACE(one.type + " " + one.literal.substr(0, 100));
      const std::string table = create("id INT NOT NULL PRIMARY KEY, v " + one.type);
      sql_->run("INSERT INTO " + table + " VALUES (1, " + one.literal + ")");
      sql_->run("INSERT INTO " + table + " VALUES (2, NULL)");
      const Emitted got = source.scan({{"table", table}});
      ASSERT_EQ(got.rows.size(), 2U);
      EXPECT_EQ(got.types[1], one.kind);
      EXPECT_EQ(got.rows[0].at("id"), "1");
      EXPECT_EQ(got.rows[1].at("v"), "null");
      if (one.value == "!") {
        EXPECT_THAT(got.faults[0], HasSubstr("column v")) << got.rows[0].at("v");
        continue;
      }
      EXPECT_EQ(got.faults[0], "");
      EXPECT_EQ(got.rows[0].at("v"), one.value);
    }
  }

  Settings settings_;
  std::unique_ptr<Sql> sql_;
  std::vector<std::string> tables_;
  std::string file_;
};

TEST_F(Types, PostgreSql) {
  use(Kind::postgresql);
  expect({{"smallint", "-32768", MG_INT64, "-32768"},
          {"integer", "2147483647", MG_INT64, "2147483647"},
          {"bigint", "-9223372036854775808", MG_INT64, "-9223372036854775808"},
          {"oid", "4294967295", MG_INT64, "4294967295"},
          {"numeric", "12345678901234567890123456789012345678901234567890.000000000000000000000000000001", MG_DECIMAL,
           "12345678901234567890123456789012345678901234567890.000000000000000000000000000001"},
          {"numeric(12,2)", "-0.5", MG_DECIMAL, "-0.50"},
          {"numeric", "'NaN'", MG_DECIMAL, "!"},
          {"numeric", "'Infinity'", MG_DECIMAL, "!"},
          {"numeric", "repeat('7', 20000)::numeric", MG_DECIMAL, std::string(20000, '7')},
          {"real", "0.1", MG_FLOAT32, "0.10000000149011612"},
          {"real", "1.17549435e-38", MG_FLOAT32, "1.1754943508222875e-38"},
          {"real", "'-Infinity'", MG_FLOAT32, "!"},
          {"double precision", "0.1::float8 + 0.2::float8", MG_FLOAT64, "0.30000000000000004"},
          {"double precision", "'5e-324'", MG_FLOAT64, "4.9406564584124654e-324"},
          {"double precision", "'NaN'", MG_FLOAT64, "!"},
          {"boolean", "true", MG_BOOL, "1"},
          {"boolean", "false", MG_BOOL, "0"},
          {"char(5)", "'ab'", MG_TEXT, "ab   "},
          {"varchar(20)", "'x''y\\z' || chr(10) || chr(13) || chr(10)", MG_TEXT, "x'y\\z\n\r\n"},
          {"text", "chr(228) || chr(8364) || chr(119070)", MG_TEXT, "\xC3\xA4\xE2\x82\xAC\xF0\x9D\x84\x9E"},
          {"text", "''", MG_TEXT, ""},
          {"text", "repeat('x', 4096)", MG_TEXT, std::string(4096, 'x')},
          {"text", "repeat('x', 4097)", MG_TEXT, std::string(4097, 'x')},
          {"text", "repeat(chr(8364), 1500)", MG_TEXT, [] { std::string out; for (int i = 0; i < 1500; ++i) out += "\xE2\x82\xAC"; return out; }()},
          {"bytea", "'\\x00ff5c27'", MG_BYTES, "00ff5c27"},
          {"bytea", "decode(repeat('ab', 100000), 'hex')", MG_BYTES, [] { std::string out; for (int i = 0; i < 100000; ++i) out += "ab"; return out; }()},
          {"date", "'2026-01-05'", MG_DATE, "20458"},
          {"date", "'0001-01-01'", MG_DATE, "-719162"},
          {"date", "'infinity'", MG_DATE, "!"},
          {"date", "'0044-03-15 BC'", MG_DATE, "!"},
          {"date", "'10000-01-01'", MG_DATE, "!"},
          {"time", "'23:59:59.999999'", MG_TIME, "86399999999"},
          {"time", "'24:00'", MG_TIME, "!"},
          {"timestamp", "'2026-01-05 10:15:09.123456'", MG_TIMESTAMP, "1767608109123456"},
          {"timestamp", "'-infinity'", MG_TIMESTAMP, "!"},
          {"timestamptz", "'2026-01-05 10:15:09.5+02'", MG_TIMESTAMPTZ, "1767600909500000"},
          {"timestamptz", "'infinity'", MG_TIMESTAMPTZ, "!"},
          {"timestamptz", "'294276-12-31'", MG_TIMESTAMPTZ, "!"},
          {"uuid", "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'", MG_UUID, "a0eebc999c0b4ef8bb6d6bb9bd380a11"},
          {"json", "'{\"b\": 1,  \"a\": 1.0}'", MG_JSON, "{\"b\": 1,  \"a\": 1.0}"},
          {"jsonb", "'{\"b\": 1,  \"a\": 1.0}'", MG_JSON, "{\"a\": 1.0, \"b\": 1}"},
          {"xml", "'<a/>'", MG_TEXT, "<a/>"},
          {"name", "'n'", MG_TEXT, "n"},
          {"integer[]", "'{1,2}'", MG_NULL, "null"},
          {"text[]", "'{}'", MG_NULL, "null"},
          {"interval", "'1 day'", MG_NULL, "null"},
          {"int4range", "'[1,2)'", MG_NULL, "null"},
          {"bit(3)", "'101'", MG_NULL, "null"},
          {"inet", "'10.0.0.1'", MG_NULL, "null"},
          {"timetz", "'10:00+02'", MG_NULL, "null"},
          {"money", "'1'", MG_NULL, "null"}});
}

TEST_F(Types, PostgreSqlDomainsAndEnums) {
  use(Kind::postgresql);
  const std::string name = fresh_table();
  sql_->run("CREATE DOMAIN " + name + "_d AS numeric(10,2)");
  sql_->run("CREATE TYPE " + name + "_e AS ENUM ('low', 'high')");
  const std::string table = create("k " + name + "_e PRIMARY KEY, v " + name + "_d");
  sql_->run("INSERT INTO " + table + " VALUES ('high', 2.5), ('low', 1)");
  Source source(settings_);
  const Emitted got = source.scan({{"table", table}});
  ASSERT_EQ(got.rows.size(), 2U);
  EXPECT_EQ(got.rows[0].at("k"), "low") << "an enumeration is ordered as it was declared";
  EXPECT_EQ(got.rows[1].at("v"), "2.50");
  sql_->run("DROP TABLE " + table);
  tables_.clear();
  sql_->run("DROP DOMAIN " + name + "_d");
  sql_->run("DROP TYPE " + name + "_e");
}

TEST_F(Types, MariaDb) {
  use(Kind::mariadb);
  sql_->run("SET sql_mode = 'ALLOW_INVALID_DATES'");
  expect({{"tinyint", "-128", MG_INT64, "-128"},
          {"boolean", "2", MG_INT64, "2"},
          {"smallint unsigned", "65535", MG_INT64, "65535"},
          {"mediumint", "-8388608", MG_INT64, "-8388608"},
          {"int unsigned", "4294967295", MG_INT64, "4294967295"},
          {"int(5) zerofill", "42", MG_INT64, "42"},
          {"bigint", "-9223372036854775808", MG_INT64, "-9223372036854775808"},
          {"bigint unsigned", "18446744073709551615", MG_UINT64, "18446744073709551615"},
          {"decimal(65,30)", "-12345678901234567890.123456789", MG_DECIMAL, "-12345678901234567890.123456789000000000000000000000"},
          {"decimal(12,2)", "0.5", MG_DECIMAL, "0.50"},
          {"float", "5592405.67", MG_FLOAT32, "5592405.5"},
          {"float", "0.1", MG_FLOAT32, "0.10000000149011612"},
          {"double", "0.1e0 + 0.2e0", MG_FLOAT64, "0.30000000000000004"},
          {"double", "1.7976931348623157e308", MG_FLOAT64, "1.7976931348623157e+308"},
          {"char(5)", "'ab'", MG_TEXT, "ab"},
          {"varchar(20) character set utf8mb4", "CONVERT(X'C3A4E282ACF09D849E' USING utf8mb4)", MG_TEXT, "\xC3\xA4\xE2\x82\xAC\xF0\x9D\x84\x9E"},
          {"varchar(20) character set latin1", "CONVERT(X'C3A4E282AC' USING utf8mb4)", MG_TEXT, "\xC3\xA4\xE2\x82\xAC"},
          {"varchar(5000)", "repeat('x', 4097)", MG_TEXT, std::string(4097, 'x')},
          {"text", "repeat('x', 4096)", MG_TEXT, std::string(4096, 'x')},
          {"longtext", "repeat('x', 1000000)", MG_TEXT, std::string(1000000, 'x')},
          {"enum('a','b')", "'b'", MG_TEXT, "b"},
          {"set('a','b')", "'b,a'", MG_TEXT, "a,b"},
          {"binary(4)", "X'00FF'", MG_BYTES, "00ff0000"},
          {"varbinary(10)", "X'00FF5C27'", MG_BYTES, "00ff5c27"},
          {"blob", "X'00FF5C27'", MG_BYTES, "00ff5c27"},
          {"longblob", "repeat(X'AB', 100000)", MG_BYTES, [] { std::string out; for (int i = 0; i < 100000; ++i) out += "ab"; return out; }()},
          {"date", "'2026-01-05'", MG_DATE, "20458"},
          {"date", "'0000-00-00'", MG_DATE, "!"},
          {"date", "'2026-02-31'", MG_DATE, "!"},
          {"date", "'2026-00-00'", MG_DATE, "!"},
          {"time", "'23:59:59'", MG_TIME, "86399000000"},
          {"time(6)", "'00:00:00.000001'", MG_TIME, "1"},
          {"time", "'24:00:00'", MG_TIME, "!"},
          {"time", "'838:59:59'", MG_TIME, "!"},
          {"time", "'-01:00:00'", MG_TIME, "!"},
          {"datetime(6)", "'2026-01-05 10:15:09.123456'", MG_TIMESTAMP, "1767608109123456"},
          {"datetime", "'0000-00-00 00:00:00'", MG_TIMESTAMP, "!"},
          {"timestamp(6) null", "'2026-01-05 10:15:09.123456'", MG_TIMESTAMPTZ, "1767608109123456"},
          {"timestamp null", "0", MG_TIMESTAMPTZ, "!"},
          {"year", "2026", MG_INT64, "2026"},
          {"bit(10)", "b'1000000001'", MG_UINT64, "513"},
          {"bit(64)", "b'1111111111111111111111111111111111111111111111111111111111111111'", MG_UINT64, "18446744073709551615"},
          {"uuid", "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'", MG_UUID, "a0eebc999c0b4ef8bb6d6bb9bd380a11"},
          {"json", "'{\"b\": 1,  \"a\": 1.0}'", MG_TEXT, "{\"b\": 1,  \"a\": 1.0}"},
          {"inet6", "'::1'", MG_NULL, "null"},
          {"point", "POINT(1,2)", MG_NULL, "null"}});
}

TEST_F(Types, Sqlite) {
  use(Kind::sqlite);
  expect({{"INTEGER", "-9223372036854775808", MG_INT64, "-9223372036854775808"},
          {"INTEGER", "'12'", MG_INT64, "12"},
          {"INTEGER", "1.5", MG_INT64, "!"},
          {"INTEGER", "'12abc'", MG_INT64, "!"},
          {"INTEGER", "X'3132'", MG_INT64, "!"},
          {"BOOLEAN", "1", MG_BOOL, "1"},
          {"BOOLEAN", "2", MG_BOOL, "!"},
          {"REAL", "0.1 + 0.2", MG_FLOAT64, "0.30000000000000004"},
          {"REAL", "7", MG_FLOAT64, "7"},
          {"DOUBLE", "1.7976931348623157e308", MG_FLOAT64, "1.7976931348623157e+308"},
          {"REAL", "9e999", MG_FLOAT64, "!"},
          {"REAL", "'abc'", MG_FLOAT64, "!"},
          {"DECIMAL(12,2)", "12.5", MG_DECIMAL, "12.50"},
          {"DECIMAL(12,2)", "'12.50'", MG_DECIMAL, "12.50"},
          {"DECIMAL(12,2)", "12", MG_DECIMAL, "12.00"},
          {"DECIMAL(12,2)", "9223372036854775807", MG_DECIMAL, "9223372036854775807.00"},
          {"DECIMAL(12,2)", "-0.07", MG_DECIMAL, "-0.07"},
          {"DECIMAL(12,2)", "12.345", MG_DECIMAL, "!"},
          {"NUMERIC", "0.1", MG_DECIMAL, "0.1"},
          {"NUMERIC", "'many'", MG_DECIMAL, "!"},
          {"VARCHAR(10)", "12", MG_TEXT, "12"},
          {"TEXT", "CAST(X'C3A4E282ACF09D849E' AS TEXT)", MG_TEXT, "\xC3\xA4\xE2\x82\xAC\xF0\x9D\x84\x9E"},
          {"TEXT", "X'00FF'", MG_TEXT, "!"},
          {"TEXT", "replace(hex(zeroblob(50000)), '0', 'x')", MG_TEXT, std::string(100000, 'x')},
          {"BLOB", "X'00FF5C27'", MG_BYTES, "00ff5c27"},
          {"BLOB", "zeroblob(50000)", MG_BYTES, std::string(100000, '0')},
          {"BLOB", "'text'", MG_BYTES, "!"},
          {"DATE", "'2026-01-05'", MG_DATE, "20458"},
          {"DATE", "'5 January'", MG_DATE, "!"},
          {"DATE", "2460000.5", MG_DATE, "!"},
          {"TIME", "'10:15:09'", MG_TIME, "36909000000"},
          {"DATETIME", "'2026-01-05 10:15:09.123456'", MG_TIMESTAMP, "1767608109123456"},
          {"TIMESTAMP", "'2026-01-05T10:15:09'", MG_TIMESTAMP, "1767608109000000"},
          {"TIMESTAMP", "'2026-01-05T10:15:09Z'", MG_TIMESTAMP, "!"},
          {"TIMESTAMPTZ", "'2026-01-05T10:15:09Z'", MG_TIMESTAMPTZ, "1767608109000000"},
          {"TIMESTAMP WITH TIME ZONE", "'2026-01-05 10:15:09+02:00'", MG_TIMESTAMPTZ, "1767600909000000"},
          {"TIMESTAMPTZ", "'2026-01-05 10:15:09'", MG_TIMESTAMPTZ, "!"},
          {"UUID", "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'", MG_UUID, "a0eebc999c0b4ef8bb6d6bb9bd380a11"},
          {"JSON", "'{\"a\":1.0}'", MG_JSON, "{\"a\":1.0}"},
          {"", "1", MG_NULL, "null"},
          {"MONEY", "1", MG_NULL, "null"}});
}

/// SQLite's own shortest form has 15 digits; every double must come back as it is.
TEST_F(Types, SqliteKeepsEveryDouble) {
  use(Kind::sqlite);
  const std::string table = create("id INTEGER PRIMARY KEY, v REAL");
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  sql_->run("BEGIN");
  std::vector<double> values;
  while (values.size() < 5000) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value) || std::fpclassify(value) == FP_SUBNORMAL) continue;
    char text[64];
    std::snprintf(text, sizeof text, "%.17g", value);
    // What SQLite reads from text may differ in the last bit: store through an expression that is exact.
    int exponent = 0;
    const auto mantissa = static_cast<long long>(std::ldexp(std::frexp(value, &exponent), 53));
    (void)text;
    if (exponent < -900 || exponent > 900) continue;
    std::string literal = "CAST(" + std::to_string(mantissa) + " AS REAL)";
    for (int left = exponent - 53; left != 0;) {
      const int step = std::clamp(left, -62, 62);
      literal += (step > 0 ? " * " : " / ") + std::to_string(1LL << std::abs(step)) + ".0";
      left -= step;
    }
    sql_->run("INSERT INTO " + table + " VALUES (" + std::to_string(values.size()) + ", " + literal + ")");
    values.push_back(value);
  }
  sql_->run("COMMIT");
  Source source(settings_);
  const Emitted got = source.scan({{"table", table}});
  ASSERT_EQ(got.rows.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(got.faults[i], "");
    EXPECT_EQ(std::strtod(got.rows[i].at("v").c_str(), nullptr), values[i]);
  }
}

}  // namespace

}  // namespace meshgate::odbc_test
