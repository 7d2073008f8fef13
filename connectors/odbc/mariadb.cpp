#include <algorithm>

#include "connectors/odbc/dialect.hpp"
#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

struct TypeRow {
  std::string_view name;
  std::int32_t type;
  Carry carry;
  std::size_t width;
};

constexpr TypeRow kTypes[] = {
    {"tinyint", MG_INT64, Carry::int64, 8},
    {"smallint", MG_INT64, Carry::int64, 8},
    {"mediumint", MG_INT64, Carry::int64, 8},
    {"int", MG_INT64, Carry::int64, 8},
    {"bigint", MG_INT64, Carry::int64, 8},
    {"year", MG_INT64, Carry::int64, 8},
    {"bit", MG_UINT64, Carry::uint64, 8},
    {"float", MG_FLOAT32, Carry::float64, 8},
    {"double", MG_FLOAT64, Carry::float64, 8},
    {"decimal", MG_DECIMAL, Carry::ascii, 72},
    {"char", MG_TEXT, Carry::text, 0},
    {"varchar", MG_TEXT, Carry::text, 0},
    {"tinytext", MG_TEXT, Carry::text, 0},
    {"text", MG_TEXT, Carry::text, 0},
    {"mediumtext", MG_TEXT, Carry::text, 0},
    {"longtext", MG_TEXT, Carry::text, 0},
    {"enum", MG_TEXT, Carry::text, 0},
    {"set", MG_TEXT, Carry::text, 0},
    {"binary", MG_BYTES, Carry::bytes, 0},
    {"varbinary", MG_BYTES, Carry::bytes, 0},
    {"tinyblob", MG_BYTES, Carry::bytes, 0},
    {"blob", MG_BYTES, Carry::bytes, 0},
    {"mediumblob", MG_BYTES, Carry::bytes, 0},
    {"longblob", MG_BYTES, Carry::bytes, 0},
    {"date", MG_DATE, Carry::ascii, 32},
    {"time", MG_TIME, Carry::ascii, 32},
    {"datetime", MG_TIMESTAMP, Carry::ascii, 40},
    {"timestamp", MG_TIMESTAMPTZ, Carry::ascii, 40},
    {"uuid", MG_UUID, Carry::ascii, 40},
    {"inet4", MG_TEXT, Carry::ascii, 40},
    {"inet6", MG_TEXT, Carry::ascii, 64},
};
constexpr TypeRow kGeometry{"", MG_BYTES, Carry::bytes, 0};

constexpr std::string_view kSystemSchemas = "'information_schema', 'performance_schema', 'mysql', 'sys'";

/// Longer texts are of types that do not say how long.
constexpr std::size_t kSized = 20000;
constexpr std::size_t kBytesOfCharacter = 4;

/// Character sets that Unicode has every text of. In others some bytes are no character, and would arrive as '?'.
constexpr std::string_view kWithinUnicode[] = {"utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32", "latin1"};

constexpr long long kLater = 5;

const TypeRow* row_of(std::string_view type) {
  const auto at = std::ranges::find(kTypes, type, &TypeRow::name);
  if (at != std::end(kTypes)) return &*at;
  return names_geometry(type) ? &kGeometry : nullptr;
}

class MariaDb final : public Dialect {
 public:
  [[nodiscard]] Engine engine() const override { return Engine::mariadb; }

  void add_defaults(ConnectionString& fields, long long timeout_ms) const override {
    fields.set_default("CHARSET", "utf8mb4");
    // Behind our own deadline: a call that was left behind ends by itself, also where the server's machine is gone without a word.
    fields.set_default("READ_TIMEOUT", std::to_string(timeout_ms / 1000 + kLater));
    fields.set_default("WRITE_TIMEOUT", std::to_string(timeout_ms / 1000 + kLater));
  }

  [[nodiscard]] std::vector<std::string> session() const override {
    return {"SET SESSION character_set_client = 'utf8mb4', character_set_results = 'utf8mb4', character_set_connection = 'utf8mb4', "
            "time_zone = '+00:00', sql_mode = 'NO_BACKSLASH_ESCAPES', tx_isolation = 'REPEATABLE-READ', tx_read_only = 1, group_concat_max_len = 16777216, optimizer_switch = 'subquery_cache=off'"};
  }
  [[nodiscard]] std::string probe() const override { return "SELECT CONVERT(X'C3A4E282ACF09D849E' USING utf8mb4)"; }
  [[nodiscard]] std::string quote(std::string_view name) const override { return "`" + replaced(name, "`", "``") + "`"; }
  [[nodiscard]] bool transaction() const override { return true; }
  [[nodiscard]] bool paged() const override { return true; }
  [[nodiscard]] std::vector<std::string> begin_snapshot(const std::string&) const override { return {"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"}; }
  [[nodiscard]] std::string number_query() const override { return "SELECT CONNECTION_ID()"; }
  [[nodiscard]] std::string stop_query(std::int64_t number) const override { return "KILL QUERY " + std::to_string(number); }
  [[nodiscard]] std::string clock_query() const override { return "SELECT " + clock_now(); }
  /// One table, and no subquery: here and below each list is asked for by itself, since it matters which is looked at first, and since servers of
  /// version 10.11 have been seen to crash in subqueries over information_schema.
  /// How far a replica has come it shows only to who may administer it; and one whose replication was stopped looks like any other that is not to be
  /// written to.
  [[nodiscard]] std::string moment_query() const override {
    return "SELECT IF(@@global.read_only OR VARIABLE_VALUE <> '0', NULL, " + clock_now() + "), " + clock_now() + ", VARIABLE_VALUE <> '0' FROM information_schema.GLOBAL_STATUS "
           "WHERE VARIABLE_NAME = 'SLAVES_RUNNING'";
  }
  [[nodiscard]] std::string total_query(const TableName& name) const override {
    return "SELECT COALESCE(TABLE_ROWS, 0) FROM information_schema.TABLES WHERE " + named(name, "");
  }

  [[nodiscard]] CommitOrder commit_order(TrackKind) const override { return CommitOrder::by_floor; }
  [[nodiscard]] bool horizon_in_transaction() const override { return true; }
  /// The server makes the list of transactions anew only when nobody has read it for 100 ms, and does not say when that was. Our own
  /// transaction is in the list with its statement, and that holds the clock: so the newest such mark says it. A list that somebody else had
  /// made counts as a second older, and names nobody. A transaction has a number of its own only once it has written. Its times are in the server's own zone; of an hour that came twice the earlier is taken.
  [[nodiscard]] std::string horizon_query(const TrackPlace& place, const Before& before) const override {
    const std::string ours = std::to_string(before.clock);
    const std::string mark = "MAX(IF(trx_query LIKE 'SELECT /*horizon ________________*/%', CAST(SUBSTRING(trx_query, 18, 16) AS SIGNED), NULL))";
    const std::string began = "LEAST(UNIX_TIMESTAMP(CONVERT_TZ(trx_started, 'SYSTEM', '+00:00')), "
                              "UNIX_TIMESTAMP(CONVERT_TZ(trx_started - INTERVAL 1 HOUR, 'SYSTEM', '+00:00')) + 3600)";
    return "SELECT /*horizon " + ours + "*/ IF(" + mark + " = " + ours + ", " + ours + ", " + mark + " - 1000000), "
           "CAST(MIN(IF(trx_mysql_thread_id IN (0, CONNECTION_ID()), NULL, " + began + ")) * 1000000 AS SIGNED), " +
           (place.kind == TrackKind::number ? greatest(place) : std::to_string(std::min(before.clock, before.statement.value_or(before.clock)))) +
           ", COALESCE(SUM(trx_mysql_thread_id = 0), 0), " + (before.moment.until == 0 ? "2, " : "0, ") +
           clock_now() + ", IF(" + mark + " = " + ours + ", GROUP_CONCAT(IF(trx_mysql_thread_id IN (0, CONNECTION_ID()), NULL, "
           "CONCAT(IF(trx_id BETWEEN 1 AND 140737488355328, trx_id, ''), '=', CAST(" + began + " * 1000000 AS SIGNED))) SEPARATOR ' '), NULL), " + std::to_string(before.moment.until) + " FROM information_schema.INNODB_TRX";
  }
  [[nodiscard]] std::string blind_query(const TrackPlace& place, const Before& before) const override {
    return "SELECT NULL, NULL, " + (place.kind == TrackKind::number ? greatest(place) : "NULL") + ", 0, 1, " + clock_now() + ", NULL, " + std::to_string(before.moment.until);
  }
  [[nodiscard]] std::string statements_query() const override {
    return "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 - MAX(TIME_MS) * 1000 AS SIGNED) FROM information_schema.PROCESSLIST "
           "WHERE ID <> CONNECTION_ID() AND COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump')";
  }
  [[nodiscard]] bool hides_transactions(const Diagnosis& diagnosis) const override { return diagnosis.native == 1227; }
  [[nodiscard]] std::string facts_query(const TableName& name) const override {
    // A foreign key can change rows without setting the column; what its rules are is hidden from users who may only read. Joins, not subqueries
    // in conditions: servers of version 10.11 have been seen to crash in their cache of such subqueries.
    const std::string schema = name.schema.empty() ? "DATABASE()" : literal(name.schema);
    return "SELECT c.COLUMN_NAME, COALESCE(MAX(s.INDEX_TYPE = 'BTREE'), 0), MAX(LOWER(c.EXTRA) LIKE '%on update current_timestamp%' AND "
           "LOWER(c.COLUMN_DEFAULT) LIKE 'current_timestamp%' AND k.of_all = r.harmless), 1 FROM information_schema.COLUMNS c "
           "LEFT JOIN information_schema.STATISTICS s ON " + named(name, "s.") + " AND s.COLUMN_NAME = c.COLUMN_NAME AND s.SEQ_IN_INDEX = 1 "
           "CROSS JOIN (SELECT COUNT(DISTINCT CONSTRAINT_NAME) AS of_all FROM information_schema.KEY_COLUMN_USAGE WHERE " + named(name, "") +
           " AND REFERENCED_TABLE_NAME IS NOT NULL) k CROSS JOIN (SELECT COUNT(*) AS harmless FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE "
           "CONSTRAINT_SCHEMA = " + schema + " AND TABLE_NAME = " + literal(name.table) + " AND UPDATE_RULE IN ('RESTRICT', 'NO ACTION') "
           "AND DELETE_RULE IN ('RESTRICT', 'NO ACTION', 'CASCADE')) r WHERE " + named(name, "c.") + " GROUP BY c.COLUMN_NAME";
  }

  [[nodiscard]] std::string tables_query() const override {
    return "SELECT TABLE_SCHEMA, TABLE_NAME, IF(TABLE_SCHEMA = DATABASE(), '1', '0') FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') "
           "AND TABLE_SCHEMA NOT IN (" + std::string(kSystemSchemas) + ") ORDER BY TABLE_SCHEMA, TABLE_NAME";
  }
  [[nodiscard]] std::vector<std::string> writing() const override { return {"SET SESSION tx_read_only = 0"}; }
  /// Safe updates always go by the key. Without them a DELETE goes through all of a small table, and waits for the rows that others are adding.
  [[nodiscard]] std::vector<std::string> without_patience() const override { return {"SET SESSION innodb_lock_wait_timeout = 1, sql_safe_updates = 1"}; }
  [[nodiscard]] std::string triggers_query(const TableName& table, const std::string& journal) const override {
    const std::string place = "EVENT_OBJECT_SCHEMA = " + (table.schema.empty() ? "DATABASE()" : literal(table.schema)) + " AND EVENT_OBJECT_TABLE = " + literal(table.table);
    std::string rights;
    for (const char* of : {"USER", "SCHEMA", "TABLE"}) {
      rights += (rights.empty() ? "" : " + ") + ("(SELECT COUNT(*) FROM information_schema." + std::string(of) + "_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER')");
    }
    return "SELECT '', (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE " + place + " AND TRIGGER_NAME IN (" + literal(journal + "_i") + ", " + literal(journal + "_u") +
           ", " + literal(journal + "_d") + ")), 3, IF(" + rights + " > 0, 1, 0)";
  }
  [[nodiscard]] std::string grantee_query() const override {
    return "SELECT CONCAT('''', REPLACE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''', ''''''), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";
  }

  [[nodiscard]] std::string columns_query(const std::optional<TableName>& name) const override {
    return "SELECT CONCAT(c.TABLE_SCHEMA, '.', c.TABLE_NAME), c.COLUMN_NAME, LOWER(c.DATA_TYPE), c.COLUMN_TYPE, "
           "IF(c.IS_NULLABLE = 'YES', 1, 0), COALESCE(k.ORDINAL_POSITION, 0), COALESCE(c.CHARACTER_OCTET_LENGTH, 0), COALESCE(c.CHARACTER_SET_NAME, '') "
           "FROM information_schema.COLUMNS c LEFT JOIN information_schema.KEY_COLUMN_USAGE k ON k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME "
           "AND k.COLUMN_NAME = c.COLUMN_NAME AND k.CONSTRAINT_NAME = 'PRIMARY' AND k.CONSTRAINT_SCHEMA = c.TABLE_SCHEMA WHERE " +
           (name ? named(*name, "c.") : "c.TABLE_SCHEMA NOT IN (" + std::string(kSystemSchemas) + ")") +
           " ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION";
  }

  /// What the driver says of a result is all there is, but for character sets.
  [[nodiscard]] Inquiry result_inquiry(const std::string& query, const std::vector<ResultColumn>& columns) const override {
    std::string listed;
    std::string charset;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string number = std::to_string(i + 1);
      const CatalogColumn column = as_catalogued(columns[i]);
      listed += (i == 0 ? "SELECT " : " UNION ALL SELECT ") + number + " AS at, " + literal(column.name) + " AS name, " + literal(column.type) + " AS type, " + literal(column.native) +
                " AS native, " + column.details[0] + " AS octets";
      if (is_text(column.type)) charset += " WHEN " + number + " THEN CHARSET(t." + quote(column.name) + ")";
    }
    const std::string from = " FROM (" + listed + ") AS n";
    const std::string said = "SELECT '', n.name, n.type, n.native, 1, 0, n.octets, ";
    if (charset.empty()) return {.before = {}, .question = said + "''" + from + " ORDER BY n.at", .after = {}};
    return {.before = {}, .question = said + "COALESCE(CASE n.at" + charset + " END, '')" + from + " LEFT JOIN " + in_brackets(query) + " AS t ON 1 = 0 ORDER BY n.at", .after = {}};
  }
  /// The driver calls enum and set char, and so uuid and the inet types, with a flag that no text has; those do not calculate.
  [[nodiscard]] std::string by_number_query(const std::string& query, const std::vector<ResultColumn>& columns) const override {
    std::string sums;
    bool doubtful = false;
    for (const ResultColumn& column : columns) {
      const bool perhaps = column.type == "char" && !column.is_unsigned;
      doubtful = doubtful || perhaps;
      sums += (sums.empty() ? "" : ", ") + (perhaps ? "t." + quote(column.name) + " * 1" : std::string("0e0"));
    }
    return doubtful ? "SELECT " + sums + " FROM (SELECT 1) AS one LEFT JOIN " + in_brackets(query) + " AS t ON 1 = 0" : "";
  }

  [[nodiscard]] Column column(const CatalogColumn& from) const override {
    Column out{.name = from.name, .native = from.native, .nullable = from.nullable, .key = from.key};
    const TypeRow* row = row_of(from.type);
    if (row == nullptr || from.details.size() < 2) return out;
    out.type = row->type;
    out.carry = row->carry;
    out.width = row->width;
    const std::string name = quote(from.name);
    const bool is_unsigned = from.native.find("unsigned") != std::string::npos;
    out.value = name;
    out.parameter = "?";
    if (from.type == "bit") out.value = "(" + name + " + 0)";
    if (from.type == "float" || from.type == "double") out.unordered = "floating-point values do not compare exactly";
    if (from.type == "enum" || from.type == "set") out.unordered = "values of type " + from.type + " are ordered by number but compared by text";
    if (row == &kGeometry) out.value = "CAST(" + name + " AS BINARY)", out.unordered = "values of type " + from.type + " have no order";
    if (from.type == "uuid" || from.type.starts_with("inet")) out.value = "CAST(" + name + " AS CHAR)", out.parameter = "CAST(? AS " + from.type + ")";
    if (out.type == MG_DECIMAL) out.parameter = "CAST(? AS " + from.native.substr(0, from.native.find(')') + 1) + ")";
    if (out.type == MG_INT64) out.parameter = "CAST(? AS SIGNED)";
    if (out.type == MG_INT64 && is_unsigned && from.type == "bigint") out.type = MG_UINT64, out.carry = Carry::uint64;
    if (out.type == MG_UINT64) out.parameter = "CAST(? AS UNSIGNED)";
    if (out.type == MG_DATE) out.parameter = "CAST(? AS DATE)";
    if (out.type == MG_TIME) out.parameter = "CAST(? AS TIME(6))";
    if (out.type == MG_TIMESTAMP || out.type == MG_TIMESTAMPTZ) out.parameter = "CAST(? AS DATETIME(6))";
    if (out.width == 0) measure(out, from);
    if (out.carry == Carry::text) convert(out, from.details[1]);
    return out;
  }

 private:
  static bool is_text(const std::string& type) {
    const TypeRow* row = row_of(type);
    return row != nullptr && row->carry == Carry::text;
  }
  /// The driver's words as the catalogue has them.
  static CatalogColumn as_catalogued(const ResultColumn& from) {
    CatalogColumn out{.table = {}, .name = from.name, .type = from.type == "integer" ? "int" : from.type, .native = {}, .nullable = true, .key = 0, .details = {"0", ""}};
    if (from.by_number) out.type = "enum";
    const bool sized = is_text(out.type) || out.type == "bit" || out.type == "binary" || out.type == "varbinary";
    out.native = out.type;
    if (out.type == "decimal") out.native += "(" + std::to_string(from.size) + "," + std::to_string(from.scale) + ")";
    else if (sized && from.size < kSized && !from.by_number) out.native += "(" + std::to_string(from.size) + ")";
    if (from.is_unsigned && whole_number(out.type)) out.native += " unsigned";
    if (is_text(out.type) && from.size < kSized) out.details[0] = std::to_string(from.size * kBytesOfCharacter);
    if (sized && !is_text(out.type)) out.details[0] = std::to_string(from.size);
    return out;
  }
  static bool whole_number(const std::string& type) {
    const TypeRow* row = row_of(type);
    return row != nullptr && (row->carry == Carry::int64 || row->carry == Carry::float64 || row->type == MG_DECIMAL);
  }
  static std::string clock_now() { return "CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"; }
  [[nodiscard]] std::string greatest(const TrackPlace& place) const {
    return "(SELECT MAX(" + quote(place.column) + ") FROM " + place.from + " AS t)";
  }
  /// Text and bytes: as long as declared, or cut by LEFT() where that may be long.
  static void measure(Column& out, const CatalogColumn& from) {
    const std::size_t octets = std::strtoull(from.details[0].c_str(), nullptr, 10);
    if (octets > 0 && octets <= kHead) out.width = octets;
    if (out.width == 0) out.head = "LEFT(" + out.value + ", " + std::to_string(kHead + 1) + ")";
  }
  static void convert(Column& out, const std::string& charset) {
    if (std::ranges::find(kWithinUnicode, charset) != std::end(kWithinUnicode)) return;
    out.odd = "CAST(CONVERT(CONVERT(" + out.value + " USING utf8mb4) USING " + charset + ") AS BINARY) <> CAST(" + out.value + " AS BINARY)";
    out.why_odd = "its bytes do not lead to Unicode and back in character set " + charset;
  }
  static std::string named(const TableName& name, const std::string& prefix) {
    return prefix + "TABLE_SCHEMA = " + (name.schema.empty() ? "DATABASE()" : literal(name.schema)) + " AND " + prefix + "TABLE_NAME = " + literal(name.table);
  }
};

}  // namespace

std::unique_ptr<Dialect> mariadb_dialect() { return std::make_unique<MariaDb>(); }

}  // namespace meshgate::odbc
