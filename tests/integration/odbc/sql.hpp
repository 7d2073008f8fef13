#pragma once

#include <gtest/gtest.h>
#include <sql.h>
#include <sqlext.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace meshgate::odbc_test {

using Settings = std::vector<std::pair<std::string, std::string>>;

enum class Kind { sqlite, postgresql, mariadb };

inline std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) ADD_FAILURE() << name << " is not set: start the servers with tests/services/start.sh DIR and read DIR/env";
  return value == nullptr ? "" : value;
}

/// The connector's settings for a server of tests/services, or for a SQLite file.
inline Settings settings_of(Kind kind, const std::string& file = {}) {
  if (kind == Kind::sqlite) return {{"driver", "SQLite3"}, {"database", file}};
  const std::string prefix = kind == Kind::postgresql ? "MESHGATE_TEST_PG_" : "MESHGATE_TEST_MARIADB_";
  const auto of = [&](const char* name) { return environment((prefix + name).c_str()); };
  return {{"driver", kind == Kind::postgresql ? "PostgreSQL Unicode" : "MariaDB Unicode"},
          {"server", of("HOST")},
          {"port", of("PORT")},
          {"database", of("DB")},
          {"uid", of("USER")},
          {"pwd", of("PASSWORD")}};
}

/// A connection of the test's own, beside the connector: what changes the tables behind its back. Failures are test failures.
class Sql {
 public:
  explicit Sql(const Settings& settings) : narrow_(settings[0].second == "SQLite3") {
    std::string text = settings[0].second == "SQLite3" ? "Timeout=20000;" : settings[0].second.starts_with("Maria") ? "CHARSET=utf8mb4;" : "";
    for (const auto& [name, value] : settings) text += name + "=" + (name == "driver" ? "{" + value + "}" : value) + ";";
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &environment_);
    SQLSetEnvAttr(environment_, SQL_ATTR_ODBC_VERSION, reinterpret_cast<SQLPOINTER>(SQL_OV_ODBC3), 0);
    SQLAllocHandle(SQL_HANDLE_DBC, environment_, &database_);
    open_ = good(SQLDriverConnect(database_, nullptr, chars(text), SQL_NTS, nullptr, 0, nullptr, SQL_DRIVER_NOPROMPT), SQL_HANDLE_DBC, database_, "connect");
  }
  ~Sql() {
    if (open_) SQLDisconnect(database_);
    SQLFreeHandle(SQL_HANDLE_DBC, database_);
    SQLFreeHandle(SQL_HANDLE_ENV, environment_);
  }
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  /// The first column of the first row as ASCII text, "" when there is none. SQL is UTF-8.
  std::string run(const std::string& sql, const std::vector<std::string>& parameters = {}) {
    SQLHSTMT statement = SQL_NULL_HSTMT;
    SQLAllocHandle(SQL_HANDLE_STMT, database_, &statement);
    std::vector<SQLLEN> sizes(parameters.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      sizes[i] = static_cast<SQLLEN>(parameters[i].size());
      SQLBindParameter(statement, static_cast<SQLUSMALLINT>(i + 1), SQL_PARAM_INPUT, SQL_C_BINARY, SQL_LONGVARBINARY, parameters[i].size() + 1, 0,
                       const_cast<char*>(parameters[i].data()), sizes[i], &sizes[i]);
    }
    std::string out;
    std::vector<SQLWCHAR> text = wide(sql);
    const SQLRETURN done = narrow_ ? SQLExecDirect(statement, chars(sql), SQL_NTS) : SQLExecDirectW(statement, text.data(), static_cast<SQLINTEGER>(text.size()));
    SQLSMALLINT columns = 0;
    if (done != SQL_NO_DATA && good(done, SQL_HANDLE_STMT, statement, sql) && SQL_SUCCEEDED(SQLNumResultCols(statement, &columns)) && columns > 0) {
      char first[256] = {};
      SQLLEN size = 0;
      if (SQL_SUCCEEDED(SQLFetch(statement)) && SQL_SUCCEEDED(SQLGetData(statement, 1, SQL_C_CHAR, first, sizeof first, &size)) && size >= 0) out = first;
    }
    SQLFreeHandle(SQL_HANDLE_STMT, statement);
    return out;
  }

 private:
  static std::vector<SQLWCHAR> wide(const std::string& utf8) {
    std::vector<SQLWCHAR> out;
    for (std::size_t i = 0; i < utf8.size();) {
      const auto lead = static_cast<unsigned char>(utf8[i]);
      const std::size_t size = lead < 0x80U ? 1 : lead < 0xe0U ? 2 : lead < 0xf0U ? 3 : 4;
      std::uint32_t code = size == 1 ? lead : lead & (0xffU >> (size + 1));
      for (std::size_t k = 1; k < size; ++k) code = code << 6U | (static_cast<unsigned char>(utf8.at(i + k)) & 0x3fU);
      if (code >= 0x10000U) out.push_back(static_cast<SQLWCHAR>(0xd800U + ((code - 0x10000U) >> 10U)));
      out.push_back(static_cast<SQLWCHAR>(code >= 0x10000U ? 0xdc00U + (code & 0x3ffU) : code));
      i += size;
    }
    return out;
  }
  static SQLCHAR* chars(const std::string& text) { return reinterpret_cast<SQLCHAR*>(const_cast<char*>(text.c_str())); }
  static bool good(SQLRETURN rc, SQLSMALLINT type, SQLHANDLE handle, const std::string& what) {
    if (SQL_SUCCEEDED(rc)) return true;
    SQLCHAR state[6] = {};
    SQLCHAR text[512] = {};
    SQLGetDiagRec(type, handle, 1, state, nullptr, text, sizeof text, nullptr);
    ADD_FAILURE() << what.substr(0, 200) << ": " << state << " " << text;
    return false;
  }

  SQLHENV environment_ = SQL_NULL_HENV;
  SQLHDBC database_ = SQL_NULL_HDBC;
  bool open_ = false;
  bool narrow_;  // the driver takes UTF-8
};

}  // namespace meshgate::odbc_test
