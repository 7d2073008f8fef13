#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/query.hpp"
#include "connectors/odbc/session.hpp"

namespace meshgate::odbc {

/// A row fetched value by value, whole, however long its values are; one entry per column of the table.
using Row = std::vector<std::optional<std::string>>;

/// The present rows of some keys, in portions of bounded size. Runs on a link's thread.
class Rows {
 public:
  using Keys = std::vector<std::vector<std::string>>;
  Rows(std::shared_ptr<const Table> table, Keys keys) : table_(std::move(table)), keys_(std::move(keys)) {}

  /// Fills portion() anew; done() when nothing follows it.
  Diagnosis advance(Session& session);
  [[nodiscard]] const std::vector<Row>& portion() const { return portion_; }
  [[nodiscard]] std::size_t odd(std::size_t row) const { return odd_[row]; }
  [[nodiscard]] bool done() const { return done_; }

 private:
  Diagnosis open(Session& session);
  Diagnosis fetch_row(Session& session, std::size_t& bytes);

  std::shared_ptr<const Table> table_;
  Keys keys_;
  std::shared_ptr<Session> session_;  // outlives the statement
  Statement statement_;
  std::vector<Row> portion_;
  std::vector<std::size_t> odd_;
  bool done_ = false;
};

}  // namespace meshgate::odbc
