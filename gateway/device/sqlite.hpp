#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/device/cell.hpp"
#include "mesh/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace meshgate::device {

class Database;

/// A prepared statement. Positions of parameters count from 1, of columns from 0. Lives no longer than its Database.
class Statement {
 public:
  Statement() = default;

  /// Borrows text until the next step or reset.
  void bind(int at, const Cell& cell);
  void bind(int at, std::int64_t value) { bind(at, Cell::of(value)); }
  void bind(int at, std::string_view text) { bind(at, Cell::of_text(text)); }

  /// True while there is a row. After false or an error the statement is reset and can be bound anew.
  Result<bool> step();
  /// For statements that give no rows.
  Status run();
  void reset();

  /// Borrows from the statement until its next step or reset.
  [[nodiscard]] Cell cell(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// One connection to one SQLite file in WAL mode. One thread at a time. Errors are sentences that name the file.
class Database {
 public:
  /// Opens or makes the file. Error::corrupt: not an SQLite database, or damaged.
  static Result<std::unique_ptr<Database>> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// One or more SQL statements without parameters and results.
  Status run(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  /// The single integer or text that a query gives; 0 or "" when it gives none.
  Result<std::int64_t> integer(const std::string& sql);
  Result<std::string> text(const std::string& sql);
  /// Rows that the last insert, update or delete touched.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] bool in_transaction() const;
  /// Lets go of the pages that are kept in memory; the next statements read them again.
  void let_go_of_pages();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  friend class Statement;
  explicit Database(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] Error failure(int result) const;

  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// An SQL identifier in double quotes.
std::string quoted(std::string_view identifier);

}  // namespace meshgate::device
