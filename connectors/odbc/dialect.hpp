#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/odbc/column.hpp"
#include "connectors/odbc/connection_string.hpp"
#include "connectors/odbc/diagnostics.hpp"
#include "connectors/odbc/horizon.hpp"

namespace meshgate::odbc {

/// "shop.orders" or "\"My Shop\".orders" in parts, without quotes. Nothing for an empty part, an open quote or more than two parts.
std::optional<TableName> parse_table_name(std::string_view text);

/// The inverse: with quotes where it needs them.
std::string written(const TableName& name);

/// A column whose greatest values are asked for.
struct TrackPlace {
  std::optional<TableName> table;  ///< none: it is a query's
  std::string from;                ///< for a FROM clause
  std::string column;
  TrackKind kind = TrackKind::time;
};

/// A question that needs statements before and after it.
struct Inquiry {
  std::vector<std::string> before;
  std::string question;
  std::vector<std::string> after;
};

/// A query in brackets, for a FROM clause.
std::string in_brackets(const std::string& query);

/// What was asked just before a horizon_query() within the same transaction.
struct Before {
  std::int64_t clock = 0;
  Moment moment;
  std::optional<std::int64_t> statement;  ///< when the oldest one that ran began
};

/// What differs between databases; everything else is one code. Pure: builds text, speaks to nobody.
class Dialect {
 public:
  virtual ~Dialect() = default;

  [[nodiscard]] virtual Engine engine() const = 0;
  [[nodiscard]] virtual Braces braces() const { return Braces::standard; }
  /// What we add to the connection string where the user set nothing.
  virtual void add_defaults(ConnectionString& fields, long long timeout_ms) const = 0;
  /// Statements that make a fresh connection UTC, read-only and exact.
  [[nodiscard]] virtual std::vector<std::string> session() const = 0;
  /// Gives back one text, kProbe, by which the fetch of text is tried; NULL where the database cannot say it, and text is fetched wide.
  [[nodiscard]] virtual std::string probe() const = 0;

  [[nodiscard]] virtual std::string quote(std::string_view name) const = 0;
  /// One row per table (views have no key of their own and are not told) that this user may read: its schema (empty: there are none), its name, and 1
  /// where a name without schema means it.
  [[nodiscard]] virtual std::string tables_query() const = 0;
  /// One row per column, in the order of the table and with the fields of CatalogColumn, of this table or (no name) of all there are.
  [[nodiscard]] virtual std::string columns_query(const std::optional<TableName>& name) const = 0;
  [[nodiscard]] virtual Column column(const CatalogColumn& from) const = 0;
  /// What columns_query() says of a table, of a query's result with these columns. Reads no row.
  [[nodiscard]] virtual Inquiry result_inquiry(const std::string& query, const std::vector<ResultColumn>& columns) const = 0;
  /// A statement with a column for each of a query's: a double, unless that one looks like text and is ordered by number. Empty: none can be such.
  [[nodiscard]] virtual std::string by_number_query(const std::string&, const std::vector<ResultColumn>&) const { return {}; }

  /// Statements at the start of a scan's transaction; empty: none, the one statement is the snapshot. `lock`: Table::lock.
  [[nodiscard]] virtual std::vector<std::string> begin_snapshot(const std::string&) const { return {}; }
  /// One number: 1 where this user may lock the table against being rewritten; empty: a snapshot needs no lock, or finds out by itself.
  [[nodiscard]] virtual std::string lockable_query(const TableName&) const { return {}; }
  /// Whether a scan needs a transaction around it.
  [[nodiscard]] virtual bool transaction() const { return false; }
  /// The driver reads a whole result into memory: a scan is many short ones.
  [[nodiscard]] virtual bool paged() const { return false; }
  /// A second statement on the connection ends the first.
  [[nodiscard]] virtual bool one_cursor() const { return false; }
  /// Whether NULLs come behind all values in an ascending order (otherwise before them).
  [[nodiscard]] virtual bool nulls_last() const { return false; }
  /// One number: that of this session at the server, for stop_query(); empty: there is no server.
  [[nodiscard]] virtual std::string number_query() const { return {}; }
  /// Ends the statement that the session of that number is running; said from another session.
  [[nodiscard]] virtual std::string stop_query(std::int64_t) const { return {}; }
  /// The driver takes UTF-8 where SQL and names are text; the driver manager would bend wide text for it.
  [[nodiscard]] virtual bool narrow() const { return false; }
  /// Whether the database is the file that `database` names.
  [[nodiscard]] virtual bool in_a_file() const { return false; }
  /// One number: microseconds since 1970 by the database's clock, not later than any commit that comes after it.
  [[nodiscard]] virtual std::string clock_query() const = 0;
  /// One row for decode_moment(): until when what was committed can be seen here (microseconds; 0: that is not known), the clock, and 1 where this server is
  /// a replica.
  [[nodiscard]] virtual std::string moment_query() const = 0;

  /// Statements that have the database plan one for this session, and that run it by its name.
  struct Prepared {
    std::string prepare;
    std::string execute;
    std::string forget;
  };
  /// Nothing: it is not worth it.
  [[nodiscard]] virtual std::optional<Prepared> prepared(const std::string&, const std::string&) const { return std::nullopt; }

  // ---- following a table by a column ----

  [[nodiscard]] virtual CommitOrder commit_order(TrackKind kind) const = 0;
  /// Whether horizon_query() wants to run within a transaction, and to be given what was asked before it there.
  [[nodiscard]] virtual bool horizon_in_transaction() const { return false; }
  /// One row for decode_horizon(): read_at, oldest, the greatest value (or, of times, the beginning of the oldest statement that runs), undated,
  /// blind, the clock, which is not earlier than the snapshot that the value was seen in, "name=began …" of all open transactions, with names that
  /// no two ever share, and until when what was committed can be seen here. Nothing in place of what is not there.
  [[nodiscard]] virtual std::string horizon_query(const TrackPlace& place, const Before& before) const = 0;
  /// The same without looking at transactions.
  [[nodiscard]] virtual std::string blind_query(const TrackPlace& place, const Before& before) const = 0;
  /// One row with one number: when the oldest statement that runs began; empty: nobody asks.
  [[nodiscard]] virtual std::string statements_query() const { return {}; }
  /// Whether horizon_query() failed because this user may not see transactions.
  [[nodiscard]] virtual bool hides_transactions(const Diagnosis&) const { return false; }
  /// One row per column: its name, 1 where an index begins with it, 1 where the database itself sets it at every change of a row, and how many
  /// numbers each session takes at once from its sequence.
  [[nodiscard]] virtual std::string facts_query(const TableName& name) const = 0;

  // ---- following a table by a journal ----

  /// Statements behind session(), for a connection that writes.
  [[nodiscard]] virtual std::vector<std::string> writing() const = 0;
  /// Behind those, for one whose writes rather fail than wait for others.
  [[nodiscard]] virtual std::vector<std::string> without_patience() const { return {}; }
  /// The same in front of a connection string, where the driver is the one that waits.
  [[nodiscard]] virtual std::string impatient_fields() const { return {}; }
  /// One row: the table's schema where the database must be asked for it, how many of the triggers of a journal of that name are in place and
  /// on, how many there should be, and 1 where this user can see triggers at all.
  [[nodiscard]] virtual std::string triggers_query(const TableName& table, const std::string& journal) const = 0;
  /// One text: this session's user, as GRANT takes it; empty: there are no rights to grant.
  [[nodiscard]] virtual std::string grantee_query() const { return {}; }

  /// One number: rows, as far as they are cheap to know.
  [[nodiscard]] virtual std::string total_query(const TableName& name) const = 0;
};

/// "point", "multipolygon", "geometrycollection", …, in lower case.
bool names_geometry(std::string_view type);

/// 'ä€' and a character outside the basic plane.
inline constexpr std::string_view kProbe = "\xC3\xA4\xE2\x82\xAC\xF0\x9D\x84\x9E";

std::unique_ptr<Dialect> postgresql_dialect();
std::unique_ptr<Dialect> mariadb_dialect();
std::unique_ptr<Dialect> sqlite_dialect();

/// By the driver's name or file; null: not one of the three.
std::unique_ptr<Dialect> dialect_for_driver(std::string_view driver);

}  // namespace meshgate::odbc
