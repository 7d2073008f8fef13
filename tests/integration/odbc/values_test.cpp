#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <sstream>

#include "mesh/value.hpp"
#include "tests/integration/odbc/client.hpp"
#include "tests/integration/odbc/reading.hpp"
#include "tests/integration/odbc/value_table.hpp"

namespace meshgate::odbc_test {

namespace {

using testing::HasSubstr;

const std::map<std::string, std::int32_t> kKinds = {
    {"none", MG_NULL}, {"bool", MG_BOOL}, {"int64", MG_INT64}, {"uint64", MG_UINT64}, {"float32", MG_FLOAT32}, {"float64", MG_FLOAT64}, {"decimal", MG_DECIMAL}, {"text", MG_TEXT},
    {"bytes", MG_BYTES}, {"date", MG_DATE}, {"time", MG_TIME}, {"timestamp", MG_TIMESTAMP}, {"timestamptz", MG_TIMESTAMPTZ}, {"uuid", MG_UUID}, {"json", MG_JSON}};

/// SQL by which a database itself prints `v` as shown() does.
std::string print_of(Kind database, const std::string& kind) {
  static const std::map<std::string, std::string> postgresql = {
      {"bool", "CAST(v AS int)"}, {"bytes", "encode(v, 'hex')"}, {"uuid", "replace(CAST(v AS text), '-', '')"}, {"date", "v - DATE '1970-01-01'"},
      {"time", "CAST(extract(epoch FROM v) * 1000000 AS bigint)"}, {"timestamp", "CAST(extract(epoch FROM v) * 1000000 AS bigint)"}, {"timestamptz", "CAST(extract(epoch FROM v) * 1000000 AS bigint)"}};
  static const std::map<std::string, std::string> mariadb = {
      {"float32", "CAST(v AS DOUBLE)"}, {"bytes", "LOWER(HEX(v))"}, {"uuid", "REPLACE(v, '-', '')"}, {"date", "DATEDIFF(v, '1970-01-01')"}, {"time", "CAST(TIME_TO_SEC(v) * 1000000 AS SIGNED)"},
      {"timestamp", "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', v)"}, {"timestamptz", "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', v)"}};
  static const std::map<std::string, std::string> sqlite = {{"bytes", "lower(hex(v))"}, {"uuid", "lower(replace(v, '-', ''))"}};
  const auto& known = database == Kind::postgresql ? postgresql : database == Kind::mariadb ? mariadb : sqlite;
  const auto at = known.find(kind);
  return at == known.end() ? "v" : at->second;
}

std::string from_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned char byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    out += static_cast<char>(byte);
  }
  return out;
}

/// Floats have many texts: the same to the last bit, the sign of zero too.
bool same(const std::string& kind, const std::string& left, const std::string& right) {
  if (kind == "float64" || kind == "float32") {
    const auto number = [&](const std::string& text) { return kind == "float64" ? std::strtod(text.c_str(), nullptr) : static_cast<double>(std::strtof(text.c_str(), nullptr)); };
    const double a = number(left);
    const double b = number(right);
    return std::memcmp(&a, &b, sizeof a) == 0;
  }
  return left == right;
}

/// Whether the host takes text of that kind too, into an item.
bool taken(const std::string& kind, const std::string& text) {
  std::string json;
  const auto type = meshgate::type_named(kind);
  const bool is_text = kind == "text" || kind == "json" || kind == "decimal";
  return !is_text || meshgate::append_json(json, meshgate::Value::of_text(*type, text)) == meshgate::Exact::exact;
}

/// Every value of values/*.txt through the connector, beside what the database's own client prints.
class Values : public testing::TestWithParam<Kind> {
 protected:
  using Printed = std::map<std::pair<std::size_t, std::size_t>, std::string>;  // (type, value) → text

  Values()
      : own_("values_" + std::to_string(::getpid())),
        file_(GetParam() == Kind::sqlite ? (std::filesystem::temp_directory_path() / (own_ + ".db")).string() : ""),
        settings_(disturbed(settings_of(GetParam(), file_))),
        client_(GetParam(), file_),
        table_(ValueTable::read(std::string(MESHGATE_VALUES "/") + name_of(GetParam()) + ".txt")) {
    std::string script = GetParam() == Kind::sqlite ? "" : "CREATE SCHEMA " + own_ + ";\n";
    script += prologue();
    for (const std::string& one : table_.setup) script += one + ";\n";
    client_.run(script);
  }
  ~Values() override {
    if (GetParam() != Kind::sqlite) client_.run("DROP SCHEMA " + own_ + (GetParam() == Kind::postgresql ? " CASCADE;" : ";"));
    std::error_code ignored;
    if (!file_.empty()) std::filesystem::remove(file_, ignored);
  }

  static const char* name_of(Kind kind) { return kind == Kind::postgresql ? "postgresql" : kind == Kind::mariadb ? "mariadb" : "sqlite"; }
  /// Settings of the user's session that would change how values are printed: the connector's own must win.
  static Settings disturbed(Settings from) {
    if (GetParam() == Kind::mariadb) return with(std::move(from), "INITSTMT", "SET time_zone = '-05:00', sql_mode = 'PAD_CHAR_TO_FULL_LENGTH', character_set_results = 'latin1'");
    if (GetParam() == Kind::sqlite) return from;
    return with(std::move(from), "ConnSettings", "SET TimeZone = 'America/New_York'; SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'; SET bytea_output = 'escape'; SET extra_float_digits = -3");
  }
  [[nodiscard]] std::string prologue() const {
    switch (GetParam()) {
      case Kind::postgresql: return "SET client_min_messages = warning; SET search_path = " + own_ + ", public; SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601';\n";
      case Kind::mariadb: return "USE " + own_ + "; SET time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES,NO_BACKSLASH_ESCAPES';\n";
      default: return "PRAGMA journal_mode = WAL;\n";
    }
  }
  [[nodiscard]] std::string in_schema(const std::string& table) const { return GetParam() == Kind::sqlite ? table : own_ + "." + table; }
  /// A query that prints "type value x<hex>", or "~" for NULL.
  [[nodiscard]] std::string printing(std::size_t at, const std::string& table, const std::string& where) const {
    const TypeCase& type = table_.types[at];
    const std::string print = type.print.empty() ? print_of(GetParam(), type.kind) : type.print;
    const std::string hex = GetParam() == Kind::postgresql ? "encode(convert_to(format('%s', " + print + "), 'UTF8'), 'hex')"
                            : GetParam() == Kind::mariadb  ? "HEX(CONVERT(" + print + " USING utf8mb4))"
                                                           : "hex(CAST(" + print + " AS TEXT))";
    const std::string null = GetParam() == Kind::postgresql ? "num_nulls(v) = 1" : "v IS NULL";
    const std::string text = GetParam() == Kind::mariadb ? "CONCAT('x', " + hex + ")" : "'x' || " + hex;
    return "SELECT " + std::to_string(at) + ", id, CASE WHEN " + null + " THEN '~' ELSE " + text + " END FROM " + table + where + ";\n";
  }
  Printed print(const std::string& script) const {
    Printed out;
    for (const std::string& line : client_.run(script)) {
      std::istringstream words(line);
      std::size_t type = 0;
      std::size_t value = 0;
      std::string text;
      if (!(words >> type >> value >> text)) continue;
      out[{type, value}] = text == "~" ? "null" : from_hex(std::string_view(text).substr(1));
    }
    return out;
  }
  /// SQL that makes a table of each type, named by its number, with the number of each value in `id`.
  [[nodiscard]] std::string tables() const;
  void compare(const Emitted& got, std::size_t at, const Printed& printed) const;
  void expect_keys(const Settings& stream, std::size_t at, const Printed& printed) const;

  std::string own_;
  std::string file_;
  Settings settings_;
  Client client_;
  ValueTable table_;
};

std::string Values::tables() const {
  std::string out = prologue();
  for (std::size_t at = 0; at < table_.types.size(); ++at) {
    const TypeCase& type = table_.types[at];
    const std::string table = "t" + std::to_string(at);
    out += "CREATE TABLE " + table + " (id INT NOT NULL PRIMARY KEY, v " + type.type + (GetParam() == Kind::mariadb ? " NULL" : "") + ");\n";
    for (std::size_t i = 0; i <= type.values.size(); ++i) {
      out += "INSERT INTO " + table + " VALUES (" + std::to_string(i) + ", " + (i < type.values.size() ? type.values[i].sql : "NULL") + ");\n";
    }
  }
  return out;
}

void Values::compare(const Emitted& got, std::size_t at, const Printed& printed) const {
  const TypeCase& type = table_.types[at];
  ASSERT_EQ(got.rows.size(), type.values.size() + 1);
  EXPECT_EQ(got.types[1], kKinds.at(type.kind));
  for (std::size_t row = 0; row < got.rows.size(); ++row) {
    SCOPED_TRACE(row < type.values.size() ? type.values[row].sql.substr(0, 100) : "NULL");
    ASSERT_EQ(got.rows[row].at("id"), std::to_string(row)) << "a record has its key, faulty or not";
    if (type.kind == "none") continue;
    if (row < type.values.size() && !type.values[row].fault.empty()) {
      EXPECT_THAT(got.faults[row], testing::AllOf(HasSubstr("column v"), HasSubstr(type.values[row].fault))) << got.rows[row].at("v").substr(0, 200);
      continue;
    }
    EXPECT_EQ(got.faults[row], "");
    EXPECT_TRUE(row == type.values.size() || taken(type.kind, got.rows[row].at("v")));
    const auto at_database = printed.find({at, row});
    ASSERT_NE(at_database, printed.end());
    EXPECT_TRUE(same(type.kind, got.rows[row].at("v"), at_database->second))
        << "the connector: " << got.rows[row].at("v").substr(0, 300) << "\nthe database:  " << at_database->second.substr(0, 300);
  }
}

void Values::expect_keys(const Settings& stream, std::size_t at, const Printed& printed) const {
  Printed seen;
  Emitted got;
  mg_limits one = generous();
  one.max_records = 1;
  Source source(settings_);
  std::string position;
  do {
    ASSERT_EQ(source.open(stream), MG_OK) << source.message();
    ASSERT_EQ(source.read(got, position, one), MG_OK) << source.message();
    ASSERT_LT(got.rows.size(), 100U) << "the scan does not end";
  } while ((source.progress().flags & MG_SCAN_ENDED) == 0);
  for (std::size_t row = 0; row < got.rows.size(); ++row) {
    EXPECT_EQ(got.faults[row], "");
    EXPECT_TRUE(seen.emplace(std::pair(at, std::stoul(got.rows[row].at("id"))), got.rows[row].at("v")).second) << "twice: " << got.rows[row].at("v");
    Emitted found;
    ASSERT_EQ(source.lookup(found, {got.firsts[row]}, 1), MG_OK) << source.message();
    ASSERT_EQ(found.rows.size(), 1U) << got.rows[row].at("v");
    EXPECT_EQ(found.rows[0], got.rows[row]);
  }
  EXPECT_EQ(seen, Printed(printed.lower_bound({at, 0}), printed.lower_bound({at + 1, 0})));
}

TEST_P(Values, ArriveAsTheDatabasePrintsThem) {
  std::string queries;
  for (std::size_t at = 0; at < table_.types.size(); ++at) {
    const TypeCase& type = table_.types[at];
    std::string exact;
    for (std::size_t i = 0; i <= type.values.size(); ++i) {
      if (i == type.values.size() || type.values[i].fault.empty()) exact += (exact.empty() ? "" : ", ") + std::to_string(i);
    }
    if (type.kind != "none") queries += printing(at, "t" + std::to_string(at), " WHERE id IN (" + exact + ")");
  }
  const Printed printed = print(tables() + queries);
  ASSERT_FALSE(HasFailure());
  Source source(settings_);
  for (std::size_t at = 0; at < table_.types.size(); ++at) {
    SCOPED_TRACE(table_.types[at].type);
    compare(source.scan({{"table", in_schema("t" + std::to_string(at))}}), at, printed);
  }
}

/// Without a catalogue that knows the columns. MariaDB does not tell a uuid from its text.
TEST_P(Values, OfAQueryAreThoseOfItsTable) {
  client_.run(tables());
  Source source(settings_);
  for (std::size_t at = 0; at < table_.types.size(); ++at) {
    SCOPED_TRACE(table_.types[at].type);
    const std::string table = in_schema("t" + std::to_string(at));
    const Emitted own = source.scan({{"table", table}});
    const Emitted got = source.scan({{"query", "SELECT q.id, q.v FROM (SELECT * FROM " + table + ") AS q -- as it is;"}, {"key", "id"}});
    ASSERT_EQ(got.faults.size(), own.faults.size());
    for (std::size_t row = 0; row < got.faults.size(); ++row) EXPECT_EQ(got.faults[row].empty(), own.faults[row].empty()) << got.faults[row];
    if (GetParam() == Kind::mariadb && table_.types[at].kind == "uuid") {
      EXPECT_EQ(got.types[1], MG_TEXT);
      for (std::size_t row = 0; row < got.rows.size(); ++row) {
        std::string text = got.rows[row].at("v");
        std::erase(text, '-');
        EXPECT_EQ(text, own.rows[row].at("v"));
      }
      continue;
    }
    EXPECT_EQ(got.types, own.types);
    EXPECT_EQ(got.rows, own.rows);
  }
}

/// Every type that can be a key, as one: read row by row, each time from a Position alone, and looked up.
TEST_P(Values, AreKeys) {
  // Values that are equal, 0 and 0.000, are one key.
  const std::string insert = GetParam() == Kind::mariadb ? "INSERT IGNORE INTO " : "INSERT INTO ";
  const std::string once = GetParam() == Kind::mariadb ? "" : " ON CONFLICT DO NOTHING";
  std::string script = prologue();
  std::string queries;
  for (std::size_t at = 0; at < table_.types.size(); ++at) {
    const TypeCase& type = table_.types[at];
    const std::string table = "k" + std::to_string(at);
    if (!type.key) continue;
    script += "CREATE TABLE " + table + " (v " + type.type + " NOT NULL PRIMARY KEY, id INT);\n";
    for (std::size_t i = 0; i < type.values.size(); ++i) {
      if (type.values[i].fault.empty()) script += insert + table + " VALUES (" + type.values[i].sql + ", " + std::to_string(i) + ")" + once + ";\n";
    }
    queries += printing(at, table, "");
  }
  const Printed printed = print(script + queries);
  ASSERT_FALSE(HasFailure());
  Source source(settings_);
  for (std::size_t at = 0; at < table_.types.size(); ++at) {
    SCOPED_TRACE(table_.types[at].type);
    if (!table_.types[at].key) continue;
    const std::string table = in_schema("k" + std::to_string(at));
    expect_keys({{"table", table}}, at, printed);
    if (GetParam() == Kind::mariadb && table_.types[at].kind == "uuid") continue;
    SCOPED_TRACE("of a query");
    expect_keys({{"query", "SELECT * FROM " + table}, {"key", "v"}}, at, printed);
  }
}

INSTANTIATE_TEST_SUITE_P(Odbc, Values, testing::Values(Kind::sqlite, Kind::postgresql, Kind::mariadb), [](const auto& made) {
  return made.param == Kind::sqlite ? "Sqlite" : made.param == Kind::postgresql ? "PostgreSql" : "MariaDb";
});

/// SQLite's own shortest form has 15 digits; every double must come back as it is.
TEST(Sqlite, KeepsEveryDouble) {
  const std::string file = (std::filesystem::temp_directory_path() / ("doubles_" + std::to_string(::getpid()) + ".db")).string();
  const Settings settings = settings_of(Kind::sqlite, file);
  Sql sql(settings);
  sql.run("CREATE TABLE t (id INTEGER PRIMARY KEY, v REAL)");
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::printf("seed %u\n", seed);
  std::mt19937_64 random(seed);
  sql.run("BEGIN");
  std::vector<double> values;
  while (values.size() < 5000) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value) || std::fpclassify(value) == FP_SUBNORMAL) continue;
    // What SQLite reads from text may differ in the last bit: store through an expression that is exact.
    int exponent = 0;
    const auto mantissa = static_cast<long long>(std::ldexp(std::frexp(value, &exponent), 53));
    if (exponent < -900 || exponent > 900) continue;
    std::string literal = "CAST(" + std::to_string(mantissa) + " AS REAL)";
    for (int left = exponent - 53; left != 0;) {
      const int step = std::clamp(left, -62, 62);
      literal += (step > 0 ? " * " : " / ") + std::to_string(1LL << std::abs(step)) + ".0";
      left -= step;
    }
    sql.run("INSERT INTO t VALUES (" + std::to_string(values.size()) + ", " + literal + ")");
    values.push_back(value);
  }
  sql.run("COMMIT");
  Source source(settings);
  const Emitted got = source.scan({{"table", "t"}});
  ASSERT_EQ(got.rows.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(got.faults[i], "");
    EXPECT_EQ(std::strtod(got.rows[i].at("v").c_str(), nullptr), values[i]);
  }
  std::filesystem::remove(file);
}

}  // namespace

}  // namespace meshgate::odbc_test
