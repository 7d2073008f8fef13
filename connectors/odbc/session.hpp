#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/dialect.hpp"
#include "connectors/odbc/handle.hpp"

namespace meshgate::odbc {

/// A value for a `?`. Bytes stay bytes; text crosses as wide text.
struct Parameter {
  std::string text;
  bool binary = false;
};

/// Whether sessions may change the database; `if_free`: they rather fail than wait for others who do.
enum class Writes : std::uint8_t { no, if_free, yes };

/// Whom to speak to and what may be said about it. Immutable, shared by all sessions of a connection.
struct Target {
  std::shared_ptr<const Dialect> dialect;
  std::string connection_string;  ///< holds the password
  Place place;
  Mask mask;
  std::chrono::milliseconds timeout{30000};
  Writes writes = Writes::no;

  /// The failure of one call as the host gets it.
  [[nodiscard]] sdk::Status status(const Diagnosis& diagnosis, const std::string& table = {}) const;
};

/// The same for sessions that change the database.
std::shared_ptr<const Target> writing(const std::shared_ptr<const Target>& target, Writes how);

/// Which file a path leads to.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  static std::optional<FileIdentity> of(const std::string& path);
  bool operator==(const FileIdentity&) const = default;
};

/// One connection to a database. Blocks; used by one thread at a time, but for interrupt().
class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(std::shared_ptr<const Target> target) : target_(std::move(target)) {}
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// From any thread.
  [[nodiscard]] bool logged_in() const { return logged_in_; }
  /// Does nothing when already connected.
  Diagnosis connect();
  [[nodiscard]] const Dialect& dialect() const { return *target_->dialect; }
  [[nodiscard]] const Target& target() const { return *target_; }
  /// Text is fetched as wide text, because the driver bends the narrow one in this process's locale.
  [[nodiscard]] bool wide() const { return wide_; }
  /// The latest of the moments until which this server, a replica, has said to have everything: what it had it keeps, also where it can say less now.
  std::int64_t latest(std::int64_t until) { return latest_ = std::max(latest_, until); }

  /// A statement that has been executed; interrupt() stops it while it runs.
  Diagnosis execute(const std::string& sql, const std::vector<Parameter>& parameters, Statement& out);
  Diagnosis fetch(const Statement& statement, bool& end);
  /// One column of the current row, whole, however long: `type` is SQL_C_SBIGINT, …, SQL_C_CHAR (UTF-8) or SQL_C_BINARY.
  Diagnosis get(const Statement& statement, SQLUSMALLINT column, SQLSMALLINT type, std::optional<std::string>& out) const;
  /// Runs a statement and drops what it gives.
  Diagnosis run(const std::string& sql);
  /// A small result, all as text; NULL is empty text.
  Diagnosis texts(const std::string& sql, std::vector<std::vector<std::string>>& out);
  /// The same for what is asked again and again: planned once where the database can.
  Diagnosis texts_again(const std::string& sql, std::vector<std::vector<std::string>>& out);
  /// The columns of what a statement gives. Runs it: ask for no rows.
  Diagnosis describe(const std::string& sql, std::vector<ResultColumn>& out);
  Diagnosis one_number(const std::string& sql, std::int64_t& out);

  /// A transaction by hand, and back to one per statement.
  Diagnosis begin(const std::string& lock = {});
  Diagnosis end();

  /// From any thread; may itself block in the driver. The database is told from a second login to stop. SQLCancel is never used: the drivers of
  /// MariaDB and SQLite free the statement's result under the feet of the thread that reads it. A SQLite call ends by itself soon (row
  /// sets are small) or is left behind.
  void interrupt();
  /// Whether what was opened is still what the settings name: a SQLite file can be removed or replaced while it is read.
  [[nodiscard]] Diagnosis still_there() const;

 private:
  Diagnosis login();
  Diagnosis prepare();

  std::shared_ptr<const Target> target_;
  Environment environment_;
  Database database_;
  bool connected_ = false;
  std::atomic<bool> logged_in_{false};
  bool manual_ = false;
  bool wide_ = false;
  std::int64_t latest_ = 0;
  std::map<std::string, std::string> prepared_;  ///< statements, and their names at the server
  std::uint64_t preparations_ = 0;
  std::atomic<std::int64_t> number_{0};  // of the session at the server; 0: not known
  std::optional<FileIdentity> file_;
};

}  // namespace meshgate::odbc
