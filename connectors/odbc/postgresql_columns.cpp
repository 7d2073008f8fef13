#include "connectors/odbc/postgresql_columns.hpp"

#include <algorithm>

#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

/// How a type is read: `form` is SQL for it as text, in which {} is the column and {out} its type's own output function.
struct TypeRow {
  std::string_view name;
  std::int32_t type;
  Carry carry;
  std::string_view form;
  std::size_t width;  // 0: unknown
};

constexpr std::string_view kAsItIs = "{}";
constexpr std::string_view kText = "CAST({} AS text)";
/// As the database prints it. A cast to text may differ from that: it cuts the padding of a char and adds a mask to an inet.
constexpr std::string_view kPrinted = "pg_catalog.textin({out}({}))";

constexpr TypeRow kTypes[] = {
    {"int2", MG_INT64, Carry::int64, kAsItIs, 8},
    {"int4", MG_INT64, Carry::int64, kAsItIs, 8},
    {"int8", MG_INT64, Carry::int64, kAsItIs, 8},
    {"oid", MG_INT64, Carry::ascii, kText, 20},
    {"float4", MG_FLOAT32, Carry::ascii, kText, 32},
    {"float8", MG_FLOAT64, Carry::ascii, kText, 32},
    {"numeric", MG_DECIMAL, Carry::ascii, kText, 0},
    {"money", MG_DECIMAL, Carry::ascii, "CAST(CAST({} AS numeric) AS text)", 40},
    {"bool", MG_BOOL, Carry::ascii, kText, 8},
    {"text", MG_TEXT, Carry::text, kAsItIs, 0},
    {"varchar", MG_TEXT, Carry::text, kAsItIs, 0},
    {"bytea", MG_BYTES, Carry::bytes, kAsItIs, 0},
    {"date", MG_DATE, Carry::ascii, kText, 32},
    {"time", MG_TIME, Carry::ascii, kText, 32},
    {"timestamp", MG_TIMESTAMP, Carry::ascii, kText, 48},
    {"timestamptz", MG_TIMESTAMPTZ, Carry::ascii, kText, 48},
    {"uuid", MG_UUID, Carry::ascii, kText, 40},
    {"json", MG_JSON, Carry::text, kText, 0},
    {"jsonb", MG_JSON, Carry::text, kText, 0},
    {"array", MG_JSON, Carry::text, "CAST(to_json({}) AS text)", 0},
    {"enum", MG_TEXT, Carry::text, kPrinted, 64},
    {"name", MG_TEXT, Carry::text, kPrinted, 64},
};
constexpr TypeRow kOther{"", MG_TEXT, Carry::text, kPrinted, 0};

/// Numbers of these types may have more digits than readers of JSON keep: an array of them is one of texts.
constexpr std::string_view kLongNumbers[] = {"int8", "numeric", "money"};

/// Encodings in which a text may hold bytes that are no character: sent as UTF-8 it would end the read. A text is sound if `sound` behind it is true.
struct Encoding {
  std::string_view name;
  std::string_view sound;
};
constexpr Encoding kEncodings[] = {
    {"SQL_ASCII",
     " ~ '^([\\x01-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]|\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]|"
     "\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2})*$'"},
    {"WIN1250", " !~ '[\\x81\\x83\\x88\\x90\\x98]'"},
    {"WIN1251", " !~ '\\x98'"},
    {"WIN1252", " !~ '[\\x81\\x8d\\x8f\\x90\\x9d]'"},
    {"WIN1253", " !~ '[\\x81\\x88\\x8a\\x8c-\\x90\\x98\\x9a\\x9c-\\x9f\\xaa\\xd2\\xff]'"},
    {"WIN1254", " !~ '[\\x81\\x8d-\\x90\\x9d\\x9e]'"},
    {"WIN1257", " !~ '[\\x81\\x83\\x88\\x8a\\x8c\\x90\\x98\\x9a\\x9c\\x9f\\xa1\\xa5]'"},
    {"WIN1258", " !~ '[\\x81\\x8a\\x8d-\\x90\\x9a\\x9d\\x9e]'"},
};

const TypeRow& row_of(std::string_view type) {
  const auto at = std::ranges::find(kTypes, type, &TypeRow::name);
  return at == std::end(kTypes) ? kOther : *at;
}

/// What postgresql_columns_query() says of a type, in its order.
struct Detail {
  const std::string& operators;  // schema of those that compare its values; empty: they have no order
  const std::string& element;    // of an array: its elements' type
  const std::string& cast;       // the type, for a CAST
  const std::string& out;        // its output function; empty: it borrows another type's, or this user may not name it
  const std::string& encoding;

  explicit Detail(const std::vector<std::string>& from) : operators(from[0]), element(from[1]), cast(from[2]), out(from[3]), encoding(from[4]) {}
};
constexpr std::size_t kDetails = 5;

/// Joins the type that `oid` is, or that a domain `oid` is made of.
std::string base_type(const std::string& alias, const std::string& oid) {
  return "JOIN pg_catalog.pg_type " + alias + " ON " + alias + ".oid = (WITH RECURSIVE b AS (SELECT t.oid, t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid = " + oid +
         " UNION ALL SELECT t.oid, t.typbasetype FROM b JOIN pg_catalog.pg_type t ON t.oid = b.typbasetype) SELECT oid FROM b WHERE typbasetype = 0) ";
}

/// A JSON array has neither bounds nor numbers of any length.
void read_array(Column& out, const Detail& detail, const std::string& name) {
  const std::string elements = detail.element == "money" ? "CAST(" + name + " AS numeric[])" : name;
  if (std::ranges::find(kLongNumbers, detail.element) != std::end(kLongNumbers)) out.value = "CAST(to_json(CAST(" + elements + " AS text[])) AS text)";
  out.odd = "array_dims(" + name + ") ~ '\\[(?!1:)'";
  out.why_odd = "an array that does not begin at 1 has no exact JSON";
}

/// Keeps a text that is not sound from being sent.
void guard_text(Column& out, const std::string& encoding) {
  const auto at = std::ranges::find(kEncodings, encoding, &Encoding::name);
  if (at == std::end(kEncodings)) return;
  const std::string text = out.value;
  const std::string sound = text + std::string(at->sound);
  out.value = "CASE WHEN " + sound + " THEN " + text + " END";
  // A cut may go through the middle of a character: what is too long is only shown to be so.
  out.head = "CASE WHEN octet_length(" + text + ") > " + std::to_string(kHead) + " THEN repeat(' ', " + std::to_string(kHead + 1) + ") ELSE " + out.value + " END";
  out.odd = (out.odd.empty() ? "" : out.odd + " OR ") + "NOT " + sound;
  out.why_odd += (out.why_odd.empty() ? "" : ", or ") + ("its bytes are no Unicode text in the database's encoding " + encoding);
}

/// What a catalogue query says of each column `a`: the fields of CatalogColumn, its details in the order of Detail.
std::string fields(const std::string& table, const std::string& native, const std::string& nullable, const std::string& key) {
  return "SELECT " + table + ", a.attname, "
         "CASE WHEN bt.typtype = 'e' THEN 'enum' WHEN bt.typoutput = CAST('pg_catalog.array_out' AS regproc) THEN 'array' WHEN bn.nspname = 'pg_catalog' THEN bt.typname ELSE '' END, " +
         native + ", " + nullable + ", " + key + ", CASE WHEN bt.typtype IN ('e', 'r', 'm') THEN 'pg_catalog' ELSE coalesce((SELECT quote_ident(sn.nspname) FROM pg_catalog.pg_opclass o "
         "JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod AND m.amname = 'btree' "
         "JOIN pg_catalog.pg_amop s ON s.amopfamily = o.opcfamily AND s.amopstrategy = 5 AND s.amoplefttype = o.opcintype AND s.amoprighttype = o.opcintype "
         "JOIN pg_catalog.pg_operator so ON so.oid = s.amopopr JOIN pg_catalog.pg_namespace sn ON sn.oid = so.oprnamespace "
         "WHERE o.opcdefault AND (o.opcintype = bt.oid OR EXISTS (SELECT 1 FROM pg_catalog.pg_cast k WHERE k.castsource = bt.oid AND k.casttarget = o.opcintype "
         "AND k.castmethod = 'b')) ORDER BY o.opcintype <> bt.oid LIMIT 1), '') END, "
         "CASE WHEN et.typnamespace = CAST('pg_catalog' AS regnamespace) THEN et.typname ELSE '' END, quote_ident(bn.nspname) || '.' || quote_ident(bt.typname), "
         "CASE WHEN (pa.oid = bt.oid OR pa.typtype = 'p') AND has_schema_privilege(pn.oid, 'USAGE') THEN quote_ident(pn.nspname) || '.' || quote_ident(p.proname) ELSE '' END, "
         "current_setting('server_encoding') ";
}

/// Joins what fields() reads of the type of `a`.
std::string joined_types() {
  return base_type("bt", "a.atttypid") +
         "JOIN pg_catalog.pg_namespace bn ON bn.oid = bt.typnamespace JOIN pg_catalog.pg_proc p ON p.oid = bt.typoutput "
         "JOIN pg_catalog.pg_namespace pn ON pn.oid = p.pronamespace JOIN pg_catalog.pg_type pa ON pa.oid = p.proargtypes[0] LEFT " +
         base_type("et", "bt.typelem");
}

}  // namespace

std::string postgresql_columns_query(const std::string& which) {
  return fields("n.nspname || '.' || c.relname", "format_type(a.atttypid, a.atttypmod)", "CASE WHEN a.attnotnull THEN '0' ELSE '1' END",
                "coalesce(array_position(CAST(i.indkey AS int2[]), a.attnum) + 1, 0)") +
         "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
         "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped " +
         joined_types() + "LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary WHERE " + which + " ORDER BY n.nspname, c.relname, a.attnum";
}

std::string postgresql_result_query(const std::string& from, const std::string& columns) {
  // The join gives one row, whose types are those of the query although none of its rows is read.
  return fields("''", "format_type(a.atttypid, NULL)", "'1'", "0") + "FROM (SELECT 1) AS one LEFT JOIN " + from + " AS t ON false CROSS JOIN LATERAL (VALUES " + columns +
         ") AS a(attnum, attname, atttypid) " + joined_types() + "ORDER BY a.attnum";
}

Column postgresql_column(const CatalogColumn& from, const std::string& name) {
  Column out{.name = from.name, .native = from.native, .nullable = from.nullable, .key = from.key};
  if (from.details.size() < kDetails) return out;
  const Detail detail(from.details);
  if (from.type.starts_with("reg") || detail.element.starts_with("reg")) return out;  // their text depends on the search path
  const TypeRow& row = row_of(from.type);
  out.type = row.type;
  out.carry = row.carry;
  out.width = row.width;
  const std::string_view form = detail.out.empty() && row.form == kPrinted ? kText : row.form;
  out.value = replaced(replaced(form, "{out}", detail.out), "{}", name);
  out.parameter = out.carry == Carry::bytes ? "?" : "CAST(? AS " + detail.cast + ")";
  if (detail.operators != "pg_catalog") out.operators = detail.operators;
  if (from.type == "money") out.parameter = "CAST(CAST(? AS numeric) AS money)";
  if (from.type == "array") read_array(out, detail, name);
  if (out.width == 0) out.head = (out.carry == Carry::bytes ? "substring(" + name + " FROM 1 FOR " : "left(" + out.value + ", ") + std::to_string(kHead + 1) + ")";
  if (out.carry == Carry::text) guard_text(out, detail.encoding);
  if (out.type == MG_FLOAT32 || out.type == MG_FLOAT64) out.unordered = "floating-point values do not compare exactly";
  if (out.type == MG_JSON || detail.operators.empty()) out.unordered = "values of type " + from.native + " have no order";
  return out;
}

}  // namespace meshgate::odbc
