// odbc_raw_bench CONNECTION SQL: fetches by arrays of 1000 rows, throws the values away, prints rows, seconds and rows per second.
// odbc_raw_bench CONNECTION --generate ROWS TABLE: makes the table all database figures are measured with.

#include <sql.h>
#include <sqlext.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr SQLULEN kRows = 1000;
constexpr SQLLEN kLongest = 4096;

SQLCHAR* chars(const std::string& text) { return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str())); }

bool good(SQLRETURN rc, SQLSMALLINT type, SQLHANDLE handle) {
  if (SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA) return true;
  SQLCHAR state[6] = {};
  SQLCHAR text[512] = {};
  SQLGetDiagRec(type, handle, 1, state, nullptr, text, sizeof text, nullptr);
  std::fprintf(stderr, "odbc_raw_bench: %s %s\n", reinterpret_cast<char*>(state), reinterpret_cast<char*>(text));
  return false;
}

bool run(SQLHDBC database, const std::string& sql) {
  SQLHSTMT statement = SQL_NULL_HSTMT;
  SQLAllocHandle(SQL_HANDLE_STMT, database, &statement);
  const bool out = good(SQLExecDirect(statement, chars(sql), SQL_NTS), SQL_HANDLE_STMT, statement);
  SQLFreeHandle(SQL_HANDLE_STMT, statement);
  return out;
}

/// Bigint key, two texts, int, decimal(12,2), a moment with its zone.
bool generate(SQLHDBC database, const std::string& rows, const std::string& table) {
  SQLCHAR name[64] = {};
  SQLGetInfo(database, SQL_DBMS_NAME, name, sizeof name, nullptr);
  const std::string engine(reinterpret_cast<char*>(name));
  const bool sqlite = engine == "SQLite";
  const bool postgresql = engine == "PostgreSQL";
  const std::string moment = postgresql ? "TIMESTAMPTZ" : sqlite ? "TIMESTAMPTZ" : "TIMESTAMP(6) NOT NULL";
  run(database, "DROP TABLE IF EXISTS " + table);
  if (!run(database, "CREATE TABLE " + table + " (id BIGINT PRIMARY KEY, name VARCHAR(100), note VARCHAR(200), amount INT, total DECIMAL(12,2), changed " + moment + ")")) {
    return false;
  }
  const std::string series = postgresql ? "generate_series(1, " + rows + ") AS s(n)"
                             : sqlite   ? "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < " + rows + ") SELECT n FROM s)"
                                        : "(SELECT seq AS n FROM seq_1_to_" + rows + ") s";
  const std::string text = sqlite || postgresql ? "'customer ' || n, 'a note of some length about order ' || n" : "CONCAT('customer ', n), CONCAT('a note of some length about order ', n)";
  const std::string when = postgresql ? "TIMESTAMPTZ '2026-01-01 00:00:00.123456+00' + n * INTERVAL '1 second'"
                           : sqlite   ? "strftime('%Y-%m-%d %H:%M:%S.123456+00', 1767225600 + n, 'unixepoch')"
                                      : "TIMESTAMP'2026-01-01 00:00:00.123456' + INTERVAL n SECOND";
  return run(database, "INSERT INTO " + table + " SELECT n, " + text + ", n % 1000, n % 100000 / 100.0, " + when + " FROM " + series);
}

/// Binds every column by its type, as a careful program would.
struct Column {
  std::vector<char> data;
  std::vector<SQLLEN> sizes;
};

bool measure(SQLHDBC database, const std::string& sql) {
  SQLHSTMT statement = SQL_NULL_HSTMT;
  SQLAllocHandle(SQL_HANDLE_STMT, database, &statement);
  const auto begin = std::chrono::steady_clock::now();
  if (!good(SQLExecDirect(statement, chars(sql), SQL_NTS), SQL_HANDLE_STMT, statement)) return false;
  SQLSMALLINT count = 0;
  SQLNumResultCols(statement, &count);
  SQLULEN fetched = 0;
  SQLSetStmtAttr(statement, SQL_ATTR_ROW_ARRAY_SIZE, reinterpret_cast<SQLPOINTER>(kRows), 0);
  SQLSetStmtAttr(statement, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0);
  std::vector<Column> columns(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto number = static_cast<SQLUSMALLINT>(i + 1);
    SQLLEN type = 0;
    SQLColAttribute(statement, number, SQL_DESC_CONCISE_TYPE, nullptr, 0, nullptr, &type);
    const bool integer = type == SQL_BIGINT || type == SQL_INTEGER || type == SQL_SMALLINT;
    const SQLLEN width = integer ? 8 : kLongest;
    columns[i].data.resize(static_cast<std::size_t>(width) * kRows);
    columns[i].sizes.resize(kRows);
    SQLBindCol(statement, number, integer ? SQL_C_SBIGINT : SQL_C_CHAR, columns[i].data.data(), width, columns[i].sizes.data());
  }
  std::size_t rows = 0;
  SQLRETURN rc = SQL_SUCCESS;
  while (SQL_SUCCEEDED(rc = SQLFetch(statement))) rows += fetched;
  const bool out = good(rc, SQL_HANDLE_STMT, statement);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%zu rows, %.3f s, %.0f rows/s\n", rows, seconds, static_cast<double>(rows) / seconds);
  SQLFreeHandle(SQL_HANDLE_STMT, statement);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && !(argc == 5 && std::strcmp(argv[2], "--generate") == 0)) {
    std::fprintf(stderr, "usage: odbc_raw_bench CONNECTION SQL | CONNECTION --generate ROWS TABLE\n");
    return 2;
  }
  SQLHENV environment = SQL_NULL_HENV;
  SQLHDBC database = SQL_NULL_HDBC;
  SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment);
  SQLSetEnvAttr(environment, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
  SQLAllocHandle(SQL_HANDLE_DBC, environment, &database);
  const std::string connection = argv[1];
  if (!good(SQLDriverConnect(database, nullptr, chars(connection), SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT), SQL_HANDLE_DBC, database)) return 1;
  const bool done = argc == 5 ? generate(database, argv[3], argv[4]) : measure(database, argv[2]);
  SQLDisconnect(database);
  SQLFreeHandle(SQL_HANDLE_DBC, database);
  SQLFreeHandle(SQL_HANDLE_ENV, environment);
  return done ? 0 : 1;
}
