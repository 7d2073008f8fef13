#pragma once

#include <atomic>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/ingest/connection.hpp"
#include "tests/contract/harness.hpp"

namespace meshgate::contract {

/// Keeps what a read emits, as rows.
class Collector : public ingest::RecordSink {
 public:
  struct Fault {
    std::optional<std::int64_t> id;
    std::string reason;
    std::string raw;
  };

  Status columns(const ingest::SourceColumns& columns) override {
    announced = columns;
    return {};
  }
  Flow record(const Record& record, std::string_view raw) override {
    ++count;
    Row row;
    const auto id = id_of(record);
    if (id) row.id = *id;
    if (record.operation == Operation::present) {
      present.push_back(row.id);
      return Flow::more;
    }
    if (record.operation == Operation::remove) {
      removed.push_back(row.id);
      rows.erase(row.id);
      return count.load() >= stop_after ? Flow::stop : Flow::more;
    }
    if (!record.fault.empty()) {
      faults.push_back({id, std::string(record.fault), std::string(raw)});
    } else {
      row.name = text(record, "name");
      row.total = text(record, "total");
      order.push_back(row);
      rows[row.id] = row;
    }
    return count.load() >= stop_after ? Flow::stop : Flow::more;
  }
  void clear() {
    rows.clear();
    order.clear();
    faults.clear();
    present.clear();
    removed.clear();
    count = 0;
  }

  ingest::SourceColumns announced;
  std::map<std::int64_t, Row> rows;
  std::vector<Row> order;  ///< every good record as it came
  std::vector<Fault> faults;
  std::vector<std::int64_t> present;  ///< ids of which nothing else was said
  std::vector<std::int64_t> removed;  ///< ids that were told to be gone
  std::atomic<std::size_t> count{0};
  std::size_t stop_after = SIZE_MAX;

 private:
  /// By the key: the digits of an id, or a UUID that is nothing else.
  std::optional<std::int64_t> id_of(const Record& record) const {
    const auto key = announced.schema.key();
    auto digits = key.empty() ? std::nullopt : text(record, announced.schema.fields[key[0]].name);
    if (!digits) return std::nullopt;
    const bool uuid = digits->size() == 36;
    if (uuid) std::erase(*digits, '-');
    std::uint64_t number = 0;
    std::int64_t id = 0;
    if (uuid) {
      std::from_chars(digits->data() + 16, digits->data() + 32, number, 16);
      id = static_cast<std::int64_t>(number);
    } else {
      std::from_chars(digits->data(), digits->data() + digits->size(), id);
    }
    return id;
  }
  std::optional<std::string> text(const Record& record, std::string_view name) const {
    const auto& fields = announced.schema.fields;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name != name || record.values[i].null) continue;
      std::string out;
      if (append_text(out, record.values[i]) != Exact::exact) return std::nullopt;
      return out;
    }
    return std::nullopt;
  }
};

}  // namespace meshgate::contract
