#include "connectors/odbc/dialect.hpp"
#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// "decimal(12,2)" gives 2, "decimal(12)" 0, "decimal" -1.
int declared_scale(const std::string& type) {
  const size_t open = type.find('(');
  if (open == std::string::npos) return -1;
  const size_t comma = type.find(',', open);
  return comma == std::string::npos ? 0 : std::atoi(type.c_str() + comma + 1);
}

/// What a declared type means, SQLite itself keeps any value in any column; nothing: no type, or one that says nothing.
std::optional<std::int32_t> meaning(const std::string& type) {
  if (names_geometry(type)) return MG_BYTES;
  if (type.starts_with("interval")) return std::nullopt;
  if (has(type, "int")) return MG_INT64;
  if (type.starts_with("bool")) return MG_BOOL;
  if (type.starts_with("uuid") || type.starts_with("guid") || type.starts_with("uniqueidentifier")) return MG_UUID;
  if (type.starts_with("json")) return MG_JSON;
  if (has(type, "char") || has(type, "clob") || has(type, "text")) return MG_TEXT;
  if (has(type, "blob") || has(type, "binary")) return MG_BYTES;
  if (has(type, "real") || has(type, "floa") || has(type, "doub")) return MG_FLOAT64;
  if (type.starts_with("num") || type.starts_with("dec")) return MG_DECIMAL;
  if (type.starts_with("timestamptz") || (type.starts_with("timestamp") && has(type, "with time zone") && !has(type, "without"))) return MG_TIMESTAMPTZ;
  if (type.starts_with("timestamp") || type.starts_with("datetime")) return MG_TIMESTAMP;
  if (type.starts_with("date")) return MG_DATE;
  if (type.starts_with("time")) return MG_TIME;
  return std::nullopt;
}

/// True for a value of a storage class in which that meaning is not exact, or a text that the driver would cut at its first NUL.
std::string odd(std::int32_t type, const std::string& name) {
  const auto unless = [&](std::string_view classes) { return "typeof(" + name + ") NOT IN (" + std::string(classes) + ", 'null')"; };
  const std::string cut = " OR instr(" + name + ", char(0)) > 0";
  switch (type) {
    case MG_BOOL:
    case MG_INT64: return unless("'integer'");
    case MG_FLOAT64: return unless("'real'");
    case MG_DECIMAL: return unless("'integer', 'real'");
    case MG_JSON: return unless("'integer', 'text'") + cut + " OR (typeof(" + name + ") = 'text' AND NOT json_valid(" + name + "))";
    case MG_BYTES: return unless("'blob'");
    default: return unless("'text'") + cut;
  }
}

constexpr std::string_view kClock = "CAST(strftime('%s','now') AS INTEGER) * 1000000 + CAST(substr(strftime('%f','now'), 4) AS INTEGER) * 1000";

class Sqlite final : public Dialect {
 public:
  [[nodiscard]] Engine engine() const override { return Engine::sqlite; }
  [[nodiscard]] Braces braces() const override { return Braces::none; }
  [[nodiscard]] bool narrow() const override { return true; }
  [[nodiscard]] bool in_a_file() const override { return true; }

  void add_defaults(ConnectionString& fields, long long timeout_ms) const override {
    fields.set_default("StepAPI", "1");
    fields.set_default("NoCreat", "1");
    fields.set_default("BigInt", "1");
    fields.set_default("Timeout", std::to_string(timeout_ms / 4));  // a call may wait for a lock more than once; "locked" is to be said before it is given up
  }
  [[nodiscard]] std::vector<std::string> session() const override { return {"PRAGMA query_only = 1"}; }
  [[nodiscard]] std::string probe() const override { return "SELECT CAST(X'C3A4E282ACF09D849E' AS TEXT)"; }
  [[nodiscard]] std::string quote(std::string_view name) const override { return "\"" + replaced(name, "\"", "\"\"") + "\""; }
  [[nodiscard]] bool one_cursor() const override { return true; }
  [[nodiscard]] std::string clock_query() const override { return "SELECT " + std::string(kClock); }
  [[nodiscard]] std::string moment_query() const override { return clock_query() + ", " + std::string(kClock) + ", 0"; }
  /// One writer at a time: what is committed later has values not below the greatest that is seen.
  [[nodiscard]] CommitOrder commit_order(TrackKind) const override { return CommitOrder::same; }
  [[nodiscard]] std::string horizon_query(const TrackPlace& place, const Before&) const override {
    // In an empty table nothing is the greatest, and what is being written may already have its time: no value is too low.
    return "SELECT " + std::string(kClock) + ", NULL, (SELECT coalesce(max(" + quote(place.column) + "), 'none') FROM " + place.from + " AS t), 0, 0, " + std::string(kClock) + ", NULL, " + std::string(kClock);
  }
  [[nodiscard]] std::string blind_query(const TrackPlace& place, const Before& before) const override { return horizon_query(place, before); }
  [[nodiscard]] std::string facts_query(const TableName& name) const override {
    const std::string in = literal(name.table) + (name.schema.empty() ? "" : ", " + literal(name.schema));
    return "SELECT p.name, (p.pk = 1 AND lower(p.type) = 'integer') OR EXISTS (SELECT 1 FROM pragma_index_list(" + in +
           ") l JOIN pragma_index_info(l.name) i WHERE i.seqno = 0 AND l.partial = 0 AND i.name = p.name), 0, 1 FROM pragma_table_xinfo(" + in + ") p WHERE p.hidden <> 1";
  }
  [[nodiscard]] std::string total_query(const TableName& name) const override {
    return "SELECT count(*) FROM " + full_name(name);
  }

  [[nodiscard]] std::string tables_query() const override {
    return "SELECT '', name, '1' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
  }
  [[nodiscard]] std::vector<std::string> writing() const override { return {"PRAGMA query_only = 0"}; }
  [[nodiscard]] std::string impatient_fields() const override { return "Timeout=200;"; }
  [[nodiscard]] std::string triggers_query(const TableName& table, const std::string& journal) const override {
    return "SELECT '', (SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = " + literal(table.table) + " COLLATE NOCASE AND name IN (" + literal(journal + "_i") + ", " +
           literal(journal + "_u") + ", " + literal(journal + "_d") + ")), 3, 1";
  }

  [[nodiscard]] std::string columns_query(const std::optional<TableName>& name) const override {
    const std::string fields = "p.name, lower(p.type), p.type, CASE WHEN p.\"notnull\" OR (p.pk AND lower(p.type) = 'integer') THEN 0 ELSE 1 END, p.pk ";
    if (name) {
      return "SELECT " + literal(name->table) + ", " + fields + "FROM pragma_table_xinfo(" + literal(name->table) +
             (name->schema.empty() ? "" : ", " + literal(name->schema)) + ") p WHERE p.hidden <> 1 ORDER BY p.cid";
    }
    return "SELECT m.name, " + fields + "FROM sqlite_master m JOIN pragma_table_xinfo(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' "
           "ESCAPE '\\' AND p.hidden <> 1 ORDER BY m.name, p.cid";
  }

  /// Only of a view does SQLite tell which column it declares how; one of this session alone changes no file.
  [[nodiscard]] Inquiry result_inquiry(const std::string& query, const std::vector<ResultColumn>&) const override {
    return {.before = {"PRAGMA temp_store = MEMORY", "PRAGMA query_only = 0", "CREATE TEMP VIEW meshgate_query AS\n" + query},
            .question = columns_query(TableName{"temp", "meshgate_query"}),
            .after = {"DROP VIEW temp.meshgate_query", "PRAGMA query_only = 1"}};
  }

  [[nodiscard]] Column column(const CatalogColumn& from) const override {
    Column out{.name = from.name, .native = from.native.empty() ? "no declared type" : from.native, .nullable = from.nullable, .key = from.key};
    // SQLite takes a bare name in quotes for a text where there is no such column: one that was dropped would read as its own name.
    const std::string name = "t." + quote(from.name);
    out.value = name;
    out.parameter = "?";
    const auto type = meaning(from.type);
    if (!type) return read_any(out, name), out;
    out.type = *type;
    // Free text has many forms for one moment or UUID; only the text itself is a key.
    const bool free_text = out.type == MG_UUID || out.type == MG_JSON || (out.type >= MG_DATE && out.type <= MG_TIMESTAMPTZ);
    if (out.key != 0 && free_text) out.type = MG_TEXT;
    out.odd = odd(out.type, name);
    out.why_odd = "the value kept there is not one of its declared type " + out.native;
    out.width = 40;
    switch (out.type) {
      case MG_INT64:
      case MG_BOOL: out.carry = Carry::int64; break;
      case MG_FLOAT64:
        out.carry = Carry::ascii;
        // The driver hands out 15 digits; 20 always lead back to the same double.
        out.value = "CASE WHEN typeof(" + name + ") = 'real' THEN printf('%!.20g', " + name + ") END";
        out.unordered = "floating-point values do not compare exactly";
        break;
      case MG_DECIMAL:
        out.carry = Carry::ascii;
        out.value = "CASE typeof(" + name + ") WHEN 'real' THEN printf('%!.20g', " + name + ") ELSE " + name + " END";
        out.scale = declared_scale(from.type);
        break;
      case MG_TEXT:
      case MG_JSON: out.carry = Carry::text, out.width = 0; break;
      case MG_BYTES: out.carry = Carry::bytes, out.width = 0; break;
      default: out.carry = Carry::ascii, out.width = 64; break;
    }
    return out;
  }

 private:
  /// Without a declared type each value is JSON of its own class; integers are numbers or texts as those of int64 are.
  static void read_any(Column& out, const std::string& name) {
    const auto digits = [&](const char* count) { return "printf('%!." + std::string(count) + "g', " + name + ")"; };
    const auto if_exact = [&](const char* count) { return "WHEN CAST(" + digits(count) + " AS REAL) = " + name + " THEN " + digits(count); };
    out.type = MG_JSON;
    out.carry = Carry::text;
    out.value = "CASE typeof(" + name + ") WHEN 'text' THEN json_quote(" + name + ") WHEN 'integer' THEN CASE WHEN " + name +
                " BETWEEN -9007199254740991 AND 9007199254740991 THEN CAST(" + name + " AS TEXT) ELSE '\"' || " + name + " || '\"' END WHEN 'real' THEN CASE " +
                if_exact("15") + " " + if_exact("17") + " ELSE " + digits("20") + " END END";
    out.odd = "typeof(" + name + ") = 'blob' OR (typeof(" + name + ") = 'text' AND instr(" + name + ", char(0)) > 0) OR (typeof(" + name + ") = 'real' AND abs(" + name + ") = 9e999)";
    out.why_odd = "a BLOB, an infinity or a text with U+0000 has no exact JSON, and the column has no declared type that says more";
    out.unordered = "it has no declared type that says what its values are";
  }
  [[nodiscard]] std::string full_name(const TableName& name) const { return (name.schema.empty() ? "" : quote(name.schema) + ".") + quote(name.table); }
};

}  // namespace

std::unique_ptr<Dialect> sqlite_dialect() { return std::make_unique<Sqlite>(); }

}  // namespace meshgate::odbc
