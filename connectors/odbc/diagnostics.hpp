#pragma once

#include <sql.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sdk/connector.hpp"

namespace meshgate::odbc {

/// Which database speaks; decides how native codes are read.
enum class Engine : std::uint8_t { unknown, postgresql, mariadb, sqlite };

/// What a call left behind. Empty state: it succeeded.
struct Diagnosis {
  std::string state;  ///< SQLSTATE
  std::int32_t native = 0;
  std::string text;

  [[nodiscard]] bool ok() const { return state.empty(); }
};

/// Our own state: nothing was asked, because too many calls hang.
inline constexpr const char* kHangs = "MG001";

/// The first diagnostic record of a handle, in UTF-8, without the drivers' own prefixes.
Diagnosis diagnose(SQLSMALLINT type, SQLHANDLE handle);

/// What went wrong, told apart as far as a person has to do something different about it.
enum class Cause : std::uint8_t {
  none,
  driver,       ///< not installed
  host,         ///< its name is unknown
  port,         ///< nobody listens, or it cannot be reached
  certificate,  ///< TLS: it is not trusted, or not to be had
  login,        ///< user or password
  database,     ///< missing
  table,        ///< missing
  column,       ///< missing
  right,        ///< missing
  collation,    ///< known only to the application that made the table
  hangs,        ///< too many calls to this server hang
  lost,         ///< the connection is gone
  busy,         ///< locked, deadlock, serialization, too many connections
  interrupted,  ///< cancelled or timed out
  statement,    ///< the database does not take it, whatever its rows
  other,
};

Cause verdict(Engine engine, const Diagnosis& diagnosis);

/// The MG_… code for a cause.
std::int32_t action(Cause cause);

/// What a sentence may name.
struct Place {
  std::string server;  ///< "db.corp:5432", or a file
  std::string user;
  std::string database;
  std::string driver;
  std::string table;  ///< empty: a query is read
  std::string installed;  ///< drivers, with commas
};

/// One sentence with the next step, and what the driver said behind it.
std::string sentence(Cause cause, const Place& place, const Diagnosis& diagnosis);

/// Hides secrets in anything that is said.
class Mask {
 public:
  void add(std::string secret);
  [[nodiscard]] std::string apply(std::string_view text) const;

 private:
  std::vector<std::string> secrets_;  // the longest first
};

}  // namespace meshgate::odbc
