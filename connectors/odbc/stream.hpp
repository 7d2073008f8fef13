#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/odbc/link.hpp"
#include "connectors/odbc/position.hpp"
#include "connectors/odbc/rows.hpp"
#include "connectors/odbc/scan.hpp"
#include "connectors/odbc/table.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::odbc {

/// A table read again and again from end to end. Between two scans nothing is open but the connection.
class TableStream final : public sdk::Stream {
 public:
  TableStream(std::shared_ptr<const Target> target, const std::shared_ptr<Signal>& signal, TableWish wish);
  ~TableStream() override;

  /// Reaches out: the table, its key and the right to read it.
  sdk::Status open();
  sdk::Status read(std::string_view position, const mg_limits& limits, sdk::Sink& sink, sdk::Progress& out) override;
  sdk::Status lookup(const sdk::Keys& keys, sdk::Sink& sink) override;

 private:
  sdk::Status refresh();
  sdk::Status why_hidden(const TableName& name);
  sdk::Status resume(std::string_view bytes, std::uint32_t& flags);
  sdk::Status begin(std::uint32_t& flags);
  sdk::Status pump(sdk::Budget& budget, sdk::Sink& sink, bool& ended);
  sdk::Status next_rows(const sdk::Budget& budget, bool& ready, bool& ended);
  sdk::Status emit_row(sdk::Budget& budget, sdk::Sink& sink, bool& stop);
  sdk::Status whole_row(std::vector<Cell>& cells, std::size_t& odd, bool& there);
  bool emit_cells(const std::vector<Cell>& cells, std::size_t odd, std::string fault, sdk::Budget& budget, sdk::Sink& sink);
  void emit_portion(const Rows& rows, sdk::Budget& budget, sdk::Sink& sink, bool& stop);
  [[nodiscard]] std::string fault_of(const std::vector<Cell>& cells, std::size_t odd) const;
  /// False: a value in it is NULL or cannot be had exactly.
  bool key_of(const std::vector<Cell>& cells, std::size_t odd, std::vector<std::string>& out) const;
  [[nodiscard]] std::string raw(const std::vector<Cell>& cells) const;
  [[nodiscard]] std::uint64_t print() const;
  void start_scan();
  void stop_scan();

  std::shared_ptr<const Target> target_;
  TableWish wish_;
  Link link_;  // the scan
  Link side_;  // single rows, beside a scan that takes a connection for itself
  std::shared_ptr<const Table> table_;
  sdk::Columns columns_;
  Clock::time_point described_{};

  Position position_;              // after what has been emitted
  std::string given_;              // what the host was given last
  std::shared_ptr<Scan> scan_;     // null: none is open
  Lengths lengths_;                // of the values that scans of this table met
  const Rowset* rows_ = nullptr;   // of the scan, being read
  std::size_t row_ = 0;
  std::optional<Diagnosis> fetched_;  // how the fetch ahead ended, when that had to be waited for before its turn
  std::uint64_t total_ = 0;
  Row whole_;                      // a row with long values
  // Of the row being emitted; kept, so that a row costs no memory of its own.
  std::vector<Cell> cells_;
  std::vector<mg_value> values_;
  std::vector<std::string> key_;
  std::vector<std::string> cell_texts_;
  std::vector<std::string> value_texts_;
};

}  // namespace meshgate::odbc
