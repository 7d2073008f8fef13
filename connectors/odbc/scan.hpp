#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/query.hpp"
#include "connectors/odbc/rowset.hpp"
#include "connectors/odbc/session.hpp"

namespace meshgate::odbc {

/// Which rows a pass gives, in the table's order.
struct Range {
  /// Of the first column of the order: only rows that have a value there and none below this; empty: any value; none: all rows.
  std::optional<std::string> from;
  std::optional<std::vector<std::string>> after;  ///< only rows behind the one with these values of the order
};

/// One pass over a table: a snapshot, a cursor in it, and two row sets, of which one is being read
/// while the other is fetched. All functions but turn() run on the link's thread, and so
/// does its end.
class Scan {
 public:
  /// `lengths`: what earlier passes over the table met; one entry per column.
  Scan(std::shared_ptr<const Table> table, Range range, Lengths lengths) : table_(std::move(table)), range_(std::move(range)), lengths_(std::move(lengths)) {}

  ~Scan() { close(); }
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  /// Fetches the next rows into the row set that is not being read. No rows: the pass is complete or
  /// broken off, and the snapshot closed.
  Diagnosis advance(Session& session);
  /// Ends the snapshot early; nothing more will be fetched.
  void break_off();
  [[nodiscard]] bool broken_off() const { return broken_off_; }

  /// The rows last fetched; from here on they are read, and the next advance() fills the other row set.
  const Rowset& turn();
  /// Of its snapshot; of a range it is not asked for.
  [[nodiscard]] const Moment& moment() const { return moment_; }
  [[nodiscard]] std::int64_t total() const { return total_; }
  /// After the last advance().
  [[nodiscard]] const Lengths& lengths() const { return lengths_; }

 private:
  Diagnosis open(Session& session);
  Diagnosis query(Session& session);
  Diagnosis fetch(Session& session, Rowset& into, bool& end);
  void close();
  void note_last(const Rowset& rows);

  std::shared_ptr<const Table> table_;
  Range range_;
  Lengths lengths_;
  std::optional<Rowset> rowsets_[2];
  std::size_t filling_ = 0;
  std::shared_ptr<Session> session_;  // outlives the statement
  Statement statement_;
  std::size_t page_ = 0;          // rows per query; 0: one query for all
  std::size_t rows_in_page_ = 0;
  std::size_t keyless_ = 0;       // rows behind the last key whose own key cannot be read
  bool opened_ = false;
  bool complete_ = false;
  std::atomic<bool> broken_off_{false};
  Moment moment_;
  std::int64_t total_ = 0;
};

}  // namespace meshgate::odbc
