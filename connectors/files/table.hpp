#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/cell.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::files {

/// What the settings say about a table's columns.
struct Declared {
  std::map<std::string, int32_t, std::less<>> types;
  std::vector<std::string> key;
};

/// Reads `types` ("id:int64") and `key`; MG_CONFIG names the entry that is wrong.
sdk::Status read_declared(const sdk::Settings& settings, Declared& out);

/// The columns of a stream and the records as values of them. Columns are found from a sample of records and grow when a record has
/// a field that was not met before; they never change their type.
class Table {
 public:
  explicit Table(Declared declared) : declared_(std::move(declared)) {}

  /// Finding out: notes the fields of a record of the sample, and a CSV header's names; then `settle` gives every column its type.
  void sample(const std::vector<Cell>& cells);
  /// MG_CONFIG when a declared or key column is not there, or a key column cannot be a key.
  sdk::Status settle(std::string_view where);

  /// Fills values() from the cells of one record; what is wrong, or empty. Key values that can be read are set either way.
  const std::string& fill(const std::vector<Cell>& cells);
  /// Whether the last fill() added columns: they must be announced again.
  [[nodiscard]] bool grown() const { return grown_; }

  [[nodiscard]] std::span<const mg_column> columns() const { return columns_.all(); }
  [[nodiscard]] const sdk::Columns& table() const { return columns_; }
  [[nodiscard]] std::span<const mg_value> values() const { return values_; }
  /// The text by which the key of the last record is compared; false: it has no whole key.
  bool key_text(std::string& out) const;
  [[nodiscard]] const std::vector<size_t>& key() const { return key_; }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);
  static constexpr size_t kMostColumns = 2000;

  size_t place(std::string_view name, size_t hint);
  void add(std::string_view name, int32_t kind);
  std::string mismatch(const Cell& cell, size_t at) const;

  Declared declared_;
  sdk::Columns columns_;
  std::map<std::string, size_t, std::less<>> places_;
  std::vector<mg_value> values_;
  std::deque<std::string> storage_;
  std::vector<bool> set_;
  std::vector<size_t> key_;
  std::string fault_;
  bool grown_ = false;
};

}  // namespace meshgate::files
