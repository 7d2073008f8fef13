#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/link.hpp"
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

/// One pass over a table: a snapshot, a cursor in it, and a ring of row sets, of which one is being read while the others are fetched, so that
/// neither side waits for the other's uneven pace. All functions but ready() and turn() run on the link's thread, and so does its end.
class Scan {
 public:
  /// `lengths`: what earlier passes over the table met; one entry per column.
  Scan(std::shared_ptr<const Table> table, Range range, Lengths lengths) : table_(std::move(table)), range_(std::move(range)), lengths_(std::move(lengths)) {}

  ~Scan() { close(); }
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  /// Fetches rows into at most `most` of the row sets that are free; each is ready() at once, with a beat. An empty one says that the pass is
  /// complete; none, that it was broken off. In both cases the snapshot is closed.
  Diagnosis run(Session& session, std::size_t most, const Link::Beat& beat);
  /// Ends the snapshot early; nothing more will be fetched.
  void break_off();
  [[nodiscard]] bool broken_off() const { return broken_off_; }

  /// Whether rows were fetched that have not had their turn.
  [[nodiscard]] bool ready() const { return filled_.load(std::memory_order_acquire) > taken_.load(std::memory_order_relaxed); }
  /// The rows that are ready longest; from here on they are read, and those that were before may be overwritten. One thread, when ready().
  const Rowset& turn();
  /// Of its snapshot, once rows are ready; of a range it is not asked for.
  [[nodiscard]] const Moment& moment() const { return moment_; }
  [[nodiscard]] std::int64_t total() const { return total_; }
  /// When run() is not running.
  [[nodiscard]] const Lengths& lengths() const { return lengths_; }

  static constexpr std::size_t kRing = 4;  ///< row sets

 private:
  Diagnosis advance(Session& session);
  Diagnosis open(Session& session);
  Diagnosis query(Session& session);
  Diagnosis fetch(Session& session, Rowset& into, bool& end);
  void close();
  void note_last(const Rowset& rows);

  std::shared_ptr<const Table> table_;
  Range range_;
  Lengths lengths_;
  std::array<std::optional<Rowset>, kRing> rowsets_;
  std::atomic<std::size_t> filled_{0};  // row sets, since the beginning; the n-th lies at n modulo kRing
  std::atomic<std::size_t> taken_{0};   // of them; the last one is being read
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
