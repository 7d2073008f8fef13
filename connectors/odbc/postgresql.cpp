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
            "set_config('standard_conforming_strings', 'on', false), set_config('default_transaction_isolation', 'read committed', false), "
            "set_config('default_transaction_read_only', 'on', false)"};
  }
  /// An encoding that is not Unicode may not have these characters; NULL there, if the driver itself speaks UTF-8.
  [[nodiscard]] std::string probe() const override {
    return "SELECT CAST(CASE current_setting('server_encoding') WHEN 'UTF8' THEN convert_from(decode('C3A4E282ACF09D849E', 'hex'), CAST(current_setting('server_encoding') AS name)) "
           "ELSE nullif(pg_client_encoding(), 'UTF8') END AS text)";
  }
  [[nodiscard]] std::string quote(std::string_view name) const override { return double_quoted(name); }
  [[nodiscard]] bool transaction() const override { return true; }
  /// A table that was rewritten looks empty to a snapshot from before. LOCK waits for who rewrites it, and takes none itself; a single statement in READ
  /// COMMITTED takes its own behind such a wait.
  [[nodiscard]] std::vector<std::string> begin_snapshot(const std::string& lock) const override {
    const std::string isolation = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    return {lock.empty() ? isolation : isolation + "; LOCK TABLE " + lock + " IN ACCESS SHARE MODE"};
  }
  [[nodiscard]] std::string lockable_query(const TableName& name) const override {
    return "SELECT count(*) FROM pg_catalog.pg_class WHERE oid = " + regclass(name) + " AND relkind IN ('r', 'p', 'v') AND has_table_privilege(oid, 'SELECT')";
  }
  [[nodiscard]] bool nulls_last() const override { return true; }
  [[nodiscard]] std::string number_query() const override { return "SELECT CAST(pg_backend_pid() AS bigint)"; }
  [[nodiscard]] std::string stop_query(std::int64_t number) const override { return "SELECT pg_cancel_backend(" + std::to_string(number) + ")"; }
  [[nodiscard]] std::string clock_query() const override {
    return "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000000) AS bigint)";
  }
  [[nodiscard]] std::string moment_query() const override {
    return "SELECT " + until() + ", " + micros("clock_timestamp()") + ", CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END";
  }
  [[nodiscard]] std::string total_query(const TableName& name) const override {
    return "SELECT CAST(greatest(reltuples, 0) AS bigint) FROM pg_catalog.pg_class WHERE oid = " + regclass(name);
  }

  [[nodiscard]] std::optional<Prepared> prepared(const std::string& name, const std::string& sql) const override {
    return Prepared{.prepare = "PREPARE " + name + " AS " + sql, .execute = "EXECUTE " + name, .forget = "DEALLOCATE " + name};
  }

  [[nodiscard]] CommitOrder commit_order(TrackKind kind) const override { return kind == TrackKind::time ? CommitOrder::by_start : CommitOrder::by_floor; }
  [[nodiscard]] std::string horizon_query(const TrackPlace& place, const Before&) const override {
    // Also transactions that have written nothing yet: what they will write carries the time at which they began.
    return "SELECT " + micros("now()") + ", a.oldest, " + greatest(place) + ", (SELECT count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()), "
           "CASE WHEN pg_is_in_recovery() OR EXISTS (SELECT 1 FROM pg_catalog.pg_subscription_rel" + (place.table ? " WHERE srrelid = " + regclass(*place.table) : "") + ") THEN 2 "
           "WHEN NOT pg_has_role('pg_read_all_stats', 'USAGE') THEN 1 WHEN current_setting('track_activities') <> 'on' THEN 3 ELSE 0 END, " + micros("clock_timestamp()") +
           ", a.listed, " + until() + " FROM (SELECT " + micros("min(xact_start)") + " AS oldest, string_agg(pid || '-' || " + micros("xact_start") + " || '=' || " + micros("xact_start") +
           ", ' ') AS listed FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL "
           "AND backend_type NOT IN ('autovacuum worker', 'walsender')) a";
  }
  [[nodiscard]] std::string blind_query(const TrackPlace& place, const Before&) const override {
    return "SELECT NULL, NULL, " + greatest(place) + ", 0, 1, " + micros("clock_timestamp()") + ", NULL, " + until();
  }
  [[nodiscard]] std::string facts_query(const TableName& name) const override {
    return "SELECT a.attname, CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indisvalid "
           "AND i.indpred IS NULL) THEN 1 ELSE 0 END, 0, coalesce((SELECT s.seqcache FROM pg_catalog.pg_sequence s WHERE s.seqrelid = "
           "CAST(pg_get_serial_sequence(CAST(CAST(c.oid AS regclass) AS text), a.attname) AS regclass)), 1) "
           "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.oid = " + regclass(name);
  }

  [[nodiscard]] std::string tables_query() const override {
    return "SELECT n.nspname, c.relname, CASE WHEN n.nspname = current_schema() THEN '1' ELSE '0' END FROM pg_catalog.pg_class c "
           "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND " + readable() + " ORDER BY n.nspname, c.relname";
  }
  [[nodiscard]] std::vector<std::string> writing() const override {
    return {"SELECT set_config('default_transaction_read_only', 'off', false)"};
  }
  [[nodiscard]] std::vector<std::string> without_patience() const override { return {"SELECT set_config('lock_timeout', '500ms', false)"}; }
  [[nodiscard]] std::string triggers_query(const TableName& table, const std::string&) const override {
    return "SELECT n.nspname, (SELECT count(*) FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') "
           "AND t.tgname IN ('meshgate_journal', 'meshgate_journal_truncate')), 2, 1 FROM pg_catalog.pg_class c "
           "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = " + regclass(table);
  }
  [[nodiscard]] std::string grantee_query() const override { return "SELECT quote_ident(current_user)"; }

  [[nodiscard]] std::string columns_query(const std::optional<TableName>& name) const override {
    const std::string which = name ? "c.oid = " + regclass(*name)
                                   : "c.relkind IN ('r', 'p') AND " + readable();
    return postgresql_columns_query(which);
  }

  [[nodiscard]] Inquiry result_inquiry(const std::string& query, const std::vector<ResultColumn>& columns) const override {
    std::string listed;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      listed += (i == 0 ? "(" : ", (") + std::to_string(i + 1) + ", " + literal(columns[i].name) + ", CAST(pg_typeof(t." + quote(columns[i].name) + ") AS oid))";
    }
    return {.before = {}, .question = postgresql_result_query(in_brackets(query), listed), .after = {}};
  }

  [[nodiscard]] Column column(const CatalogColumn& from) const override { return postgresql_column(from, quote(from.name)); }

 private:
  /// Of somebody else than the database itself, not a part of another, and within this user's rights.
  static std::string readable() {
    return "NOT c.relispartition AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_t' "
           "AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')";
  }
  /// Of a standby: when the last transaction that it has applied was committed; or, where it has applied all that it was sent, when it was last told how
  /// far there is something to send (which not every user is shown, and is told again within half a minute). A second off, since commits do not reach the log in the order of their times.
  static std::string until() {
    const std::string applied = "greatest(pg_last_xact_replay_timestamp(), (SELECT last_msg_send_time FROM pg_catalog.pg_stat_wal_receiver WHERE latest_end_lsn <= pg_last_wal_replay_lsn()))";
    return "CASE WHEN pg_is_in_recovery() THEN coalesce(" + micros(applied + " - interval '1 second'") + ", 0) ELSE " + micros("clock_timestamp()") + " END";
  }
  static std::string micros(const std::string& moment) { return "CAST(floor(extract(epoch FROM " + moment + ") * 1000000) AS bigint)"; }
  /// Of times the clock tells enough.
  static std::string greatest(const TrackPlace& place) {
    if (place.kind == TrackKind::time) return "NULL";
    return "(SELECT max(" + double_quoted(place.column) + ") FROM " + place.from + " AS t)";
  }
  static std::string full_name(const TableName& name) { return (name.schema.empty() ? "" : double_quoted(name.schema) + ".") + double_quoted(name.table); }
  static std::string regclass(const TableName& name) {
    return "to_regclass(" + literal(full_name(name)) + ")";
  }
};

}  // namespace

std::unique_ptr<Dialect> postgresql_dialect() { return std::make_unique<PostgreSql>(); }

}  // namespace meshgate::odbc
