#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/sdk/connector.h"
#include "gateway/store/ordering.hpp"

namespace meshgate::publish {

/// Entries for a writer, and the texts that they borrow.
class Batch {
 public:
  void add(store::Placed placed);
  void clear();
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// As they cross the border; good until the next add() or clear().
  std::span<const mg_entry> entries();

 private:
  struct Row {
    store::Placed placed;
    std::string rev;
    std::string at;
    std::vector<mg_str> partitions;
  };

  std::vector<Row> rows_;
  std::vector<mg_entry> entries_;
  std::uint64_t bytes_ = 0;
};

}  // namespace meshgate::publish
