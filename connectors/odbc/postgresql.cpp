#include "connectors/odbc/dialect.hpp"
#include "connectors/odbc/postgresql_columns.hpp"
#include "connectors/odbc/text.hpp"

namespace meshgate::odbc {

namespace {

std::string double_quoted(std::string_view name) { return "\"" + replaced(name, "\"", "\"\"") + "\""; }

class PostgreSql final : public Dialect {
 public:
  [[nodiscard]] Engine engine() const override { return Engine::postgresql; }

  void add_defaults(ConnectionString& fields, long long timeout_ms) const override {
    fields.set_default("UseDeclareFetch", "1");
    fields.set_default("Fetch", "2000");
    fields.set_default("BoolsAsChar", "0");
    fields.set_default("ByteaAsLongVarBinary", "1");
    fields.set_default("LFConversion", "0");
    fields.set_default("Protocol", "7.4-1");  // an error ends the transaction; otherwise each statement gets a savepoint
    // The login's own limit is an attribute; libpq refuses to be told twice.
    fields.set_default("pqopt", "keepalives_idle=15 keepalives_interval=5 keepalives_count=3 tcp_user_timeout=" + std::to_string(timeout_ms));
  }

  [[nodiscard]] std::vector<std::string> session() const override {
    return {"SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false), set_config('extra_float_digits', '1', false), "
            "set_config('IntervalStyle', 'iso_8601', false), set_config('bytea_output', 'hex', false), "
            "set_config('standard_conforming_strings', 'on', false), set_config('default_transaction_isolation', 'repeatable read', false), "
            "set_config('default_transaction_read_only', 'on', false)"};
  }
  /// An encoding that is not Unicode may not have these characters; NULL there, if the driver itself speaks UTF-8.
  [[nodiscard]] std::string probe() const override {
    return "SELECT CAST(CASE current_setting('server_encoding') WHEN 'UTF8' THEN convert_from(decode('C3A4E282ACF09D849E', 'hex'), CAST(current_setting('server_encoding') AS name)) "
           "ELSE nullif(pg_client_encoding(), 'UTF8') END AS text)";
  }
  [[nodiscard]] std::string quote(std::string_view name) const override { return double_quoted(name); }
  [[nodiscard]] bool transaction() const override { return true; }
  [[nodiscard]] bool nulls_last() const override { return true; }
  [[nodiscard]] std::string number_query() const override { return "SELECT CAST(pg_backend_pid() AS bigint)"; }
  [[nodiscard]] std::string stop_query(std::int64_t number) const override { return "SELECT pg_cancel_backend(" + std::to_string(number) + ")"; }
  [[nodiscard]] std::string clock_query() const override {
    return "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000000) AS bigint)";
  }
  [[nodiscard]] std::string total_query(const TableName& name) const override {
    return "SELECT CAST(greatest(reltuples, 0) AS bigint) FROM pg_catalog.pg_class WHERE oid = " + regclass(name);
  }

  [[nodiscard]] std::string columns_query(const std::optional<TableName>& name) const override {
    const std::string which = name ? "c.oid = " + regclass(*name)
                                   : "c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_t' "
                                     "AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')";
    return postgresql_columns_query(which);
  }

  [[nodiscard]] Column column(const CatalogColumn& from) const override { return postgresql_column(from, quote(from.name)); }

 private:
  static std::string regclass(const TableName& name) {
    const std::string full = (name.schema.empty() ? "" : double_quoted(name.schema) + ".") + double_quoted(name.table);
    return "to_regclass(" + literal(full) + ")";
  }
};

}  // namespace

std::unique_ptr<Dialect> postgresql_dialect() { return std::make_unique<PostgreSql>(); }

}  // namespace meshgate::odbc
