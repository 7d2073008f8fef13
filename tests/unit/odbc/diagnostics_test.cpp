#include "connectors/odbc/diagnostics.hpp"

#include <gtest/gtest.h>

namespace meshgate::odbc {

namespace {

struct Case {
  Engine engine;
  Diagnosis said;
  Cause cause;
};

/// As the three drivers say it.
const Case kCases[] = {
    {Engine::postgresql, {"01000", 0, "Can't open lib 'Nix' : file not found"}, Cause::driver},
    {Engine::postgresql, {"IM002", 0, "Data source name not found and no default driver specified"}, Cause::driver},
    {Engine::postgresql, {"08001", 101, "could not translate host name \"x\" to address: Name or service not known"}, Cause::host},
    {Engine::postgresql, {"08001", 101, "connection to server at \"127.0.0.1\", port 1 failed: Connection refused"}, Cause::port},
    {Engine::postgresql, {"08001", 101, "connection to server at \"db\", port 5432 failed: SSL error: certificate verify failed"}, Cause::certificate},
    {Engine::postgresql, {"08001", 101, "connection to server at \"db\", port 5432 failed: server does not support SSL, but SSL was required"}, Cause::certificate},
    {Engine::postgresql, {"42703", 1, "column \"certificate\" does not exist"}, Cause::column},
    {Engine::mariadb, {"HY000", 2026, "TLS/SSL error: self-signed certificate in certificate chain"}, Cause::certificate},
    {Engine::postgresql, {"08001", 101, "connection to server at \"10.0.0.1\", port 5432 failed: timeout expired"}, Cause::port},
    {Engine::postgresql, {"08001", 101, "connection to server failed: FATAL: database \"x\" does not exist"}, Cause::database},
    {Engine::postgresql, {"08001", 101, "connection to server failed: FATAL: password authentication failed for user \"u\""}, Cause::login},
    {Engine::postgresql, {"08001", 101, "connection to server failed: FATAL: sorry, too many clients already"}, Cause::busy},
    {Engine::postgresql, {"42P01", 1, "ERROR: relation \"nix\" does not exist"}, Cause::table},
    {Engine::postgresql, {"42703", 1, "ERROR: column \"nix\" does not exist"}, Cause::column},
    {Engine::postgresql, {"42501", 1, "ERROR: permission denied for table t"}, Cause::right},
    {Engine::postgresql, {"57P01", 35, "FATAL: terminating connection due to administrator command; The connection has been lost"}, Cause::lost},
    {Engine::postgresql, {"08S01", 35, "SQLExecDirectW unable due to the connection lost"}, Cause::lost},
    {Engine::postgresql, {"57014", 1, "ERROR: canceling statement due to user request"}, Cause::interrupted},
    {Engine::postgresql, {"40001", 1, "ERROR: could not serialize access"}, Cause::busy},
    {Engine::postgresql, {"22012", 1, "ERROR: division by zero"}, Cause::other},
    {Engine::postgresql, {"42601", 1, "ERROR: syntax error at or near \"FORM\""}, Cause::statement},
    {Engine::postgresql, {"42883", 1, "ERROR: function f() does not exist"}, Cause::statement},
    {Engine::mariadb, {"42000", 1064, "You have an error in your SQL syntax"}, Cause::statement},
    {Engine::mariadb, {"42S21", 1060, "Duplicate column name 'id'"}, Cause::statement},
    {Engine::sqlite, {"HY000", 1, "near \"FORM\": syntax error (1)"}, Cause::statement},
    {Engine::mariadb, {"HY000", 2002, "Can't connect to server on '127.0.0.1' (115)"}, Cause::port},
    {Engine::mariadb, {"HY000", 2005, "Unknown server host 'x' (-2)"}, Cause::host},
    {Engine::mariadb, {"42000", 1049, "Unknown database 'x'"}, Cause::database},
    {Engine::mariadb, {"28000", 1045, "Access denied for user"}, Cause::login},
    {Engine::mariadb, {"42000", 1044, "Access denied for user to database"}, Cause::right},
    {Engine::mariadb, {"42000", 1142, "SELECT command denied to user"}, Cause::right},
    {Engine::mariadb, {"42S02", 1146, "Table 'x.nix' doesn't exist"}, Cause::table},
    {Engine::mariadb, {"42S22", 1054, "Unknown column 'nix' in 'SELECT'"}, Cause::column},
    {Engine::mariadb, {"HY018", 1927, "Connection was killed"}, Cause::lost},
    {Engine::mariadb, {"08S01", 2013, "Lost connection to server during query"}, Cause::lost},
    {Engine::mariadb, {"HY000", 5014, "Write error: Broken pipe (32)"}, Cause::lost},
    {Engine::mariadb, {"40001", 1213, "Deadlock found"}, Cause::busy},
    {Engine::mariadb, {"70100", 1317, "Query execution was interrupted"}, Cause::interrupted},
    {Engine::sqlite, {"HY000", 14, "connect failed"}, Cause::database},
    {Engine::sqlite, {"HY000", 26, "file is not a database (26)"}, Cause::database},
    {Engine::sqlite, {"HY000", 1, "no such table: nix (1)"}, Cause::table},
    {Engine::sqlite, {"HY000", 1, "no such collation sequence: LOCALIZED (1)"}, Cause::collation},
    {Engine::sqlite, {"HY000", 5, "database is locked (5)"}, Cause::busy},
    {Engine::unknown, {"08S01", 0, "it gave no answer in time"}, Cause::lost},
    {Engine::mariadb, {"08001", 0, "the login was not answered in time"}, Cause::port},
    {Engine::mariadb, {"HYT00", 0, "the statement was ended"}, Cause::interrupted},
    {Engine::postgresql, {kHangs, 0, "8 of them do"}, Cause::hangs},
};

}  // namespace

TEST(Diagnostics, TellsCausesApart) {
  for (const Case& one : kCases) EXPECT_EQ(verdict(one.engine, one.said), one.cause) << one.said.state << " " << one.said.text;
  EXPECT_EQ(verdict(Engine::mariadb, {}), Cause::none);
}

TEST(Diagnostics, EachCauseHasItsActionAndSentence) {
  EXPECT_EQ(action(Cause::none), MG_OK);
  EXPECT_EQ(action(Cause::driver), MG_CONFIG);
  EXPECT_EQ(action(Cause::certificate), MG_CONFIG);
  EXPECT_EQ(action(Cause::login), MG_AUTH);
  EXPECT_EQ(action(Cause::right), MG_AUTH);
  EXPECT_EQ(action(Cause::lost), MG_RECONNECT);
  EXPECT_EQ(action(Cause::port), MG_RECONNECT);
  EXPECT_EQ(action(Cause::busy), MG_RETRY);
  const Place place{.server = "db:5432", .user = "mesh", .database = "erp", .driver = "PostgreSQL", .table = "orders", .installed = "SQLite3"};
  EXPECT_EQ(sentence(Cause::driver, place, {}), "there is no ODBC driver 'PostgreSQL' here: install it, or name one of those installed (SQLite3)");
  EXPECT_EQ(sentence(Cause::right, place, {"42501", 1, "permission denied"}),
            "user 'mesh' may not read 'orders': grant it SELECT (connectors/odbc/README.md has the statements) (42501: permission denied)");
}

TEST(Mask, HidesTheLongestFirst) {
  Mask mask;
  mask.add("");
  mask.add("abc");
  mask.add("abcdef");
  EXPECT_EQ(mask.apply("pwd=abcdef, abc, ab"), "pwd=***, ***, ab");
}

}  // namespace meshgate::odbc
