#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/ingest/connection.hpp"

namespace meshgate::contract {

/// A row of the table that every harness keeps in its source. Columns: id (int64, the key), name (text), total (decimal).
struct Row {
  std::int64_t id = 0;
  std::optional<std::string> name;
  std::optional<std::string> total;  ///< with two digits behind the point where the source keeps a scale: "12.50"
  bool operator==(const Row&) const = default;
};

/// Settings that must fail with Error::config, and a word the sentence must have in it.
struct WrongSettings {
  std::string what;
  ingest::Settings connection;
  ingest::Settings stream;
  std::string word;
};

/// A source of one kind that the suite can change behind the connector's back. Made anew for each test, with an empty table. What the
/// harness itself cannot do ends the test with ADD_FAILURE.
class Harness {
 public:
  virtual ~Harness() = default;

  /// Not empty: why this source cannot be had here; the test is skipped with it.
  [[nodiscard]] virtual std::string missing() const { return {}; }
  /// The plugin's file.
  [[nodiscard]] virtual std::string plugin() const = 0;
  [[nodiscard]] virtual ingest::Settings connection() const = 0;
  [[nodiscard]] virtual ingest::Settings stream() const = 0;
  /// Settings with which the stream shows new rows in reads outside scans, and sweeps about three times a second; empty: it cannot.
  [[nodiscard]] virtual ingest::Settings followed_stream() const { return {}; }
  /// Whether the followed stream is one that the source itself tells its changes: also deletes come outside scans, and a sweep shows everything, not keys alone.
  [[nodiscard]] virtual bool is_tracked() const { return false; }
  /// The column that is the key, and a row's value in it: digits, or a UUID that is nothing but the row's id. It may borrow from the text.
  [[nodiscard]] virtual std::string key_column() const { return "id"; }
  [[nodiscard]] virtual Value key_of(std::int64_t id, [[maybe_unused]] std::string& borrowed) const { return Value::of_int64(id); }
  /// The table's name as discover() gives it.
  [[nodiscard]] virtual std::string stream_name() const = 0;
  [[nodiscard]] virtual std::vector<WrongSettings> wrong_settings() const = 0;

  virtual void insert(const std::vector<Row>& rows) = 0;
  virtual void update(const Row& row) = 0;
  virtual void erase(std::int64_t id) = 0;
  /// Puts in a row whose id can be read but not its total; false: this source cannot hold such a row.
  virtual bool insert_bad(std::int64_t id) = 0;
  /// Makes the source unreachable, and reachable again with what it had.
  virtual void stop_source() = 0;
  virtual void start_source() = 0;
  /// From here on a read takes minutes unless it is cancelled; false: cannot be arranged. Undone by the destructor.
  virtual bool block_reads() = 0;
  /// Returns once a read that runs on another thread is in that long wait.
  virtual void wait_until_blocked() = 0;
  /// The longest value the suite should try; 20 MB unless the source or its driver cannot.
  [[nodiscard]] virtual std::size_t huge() const { return 20'000'000; }
  /// Whether a text may be empty and is not NULL then.
  [[nodiscard]] virtual bool holds_empty_text() const { return true; }
  /// Whether discover() knows the key (a file has none until the stream's settings name it).
  [[nodiscard]] virtual bool discovers_key() const { return true; }
  /// Whether another scan follows a finished one; a source that tells its changes goes on from there.
  [[nodiscard]] virtual bool scans_again() const { return true; }
};

struct HarnessKind {
  std::string name;
  std::function<std::unique_ptr<Harness>()> make;
};

/// The suite; its tests are in reading_suite.cpp, following_suite.cpp and failure_suite.cpp. A kind of source joins by one file with
///   INSTANTIATE_TEST_SUITE_P(Files, ConnectorContract, testing::Values(HarnessKind{…}), kind_name);
/// and one meshgate_contract_test(…) line.
class ConnectorContract : public testing::TestWithParam<HarnessKind> {
 protected:
  void SetUp() override {
    harness_ = GetParam().make();
    if (const std::string missing = harness_->missing(); !missing.empty()) GTEST_SKIP() << missing;
  }

  std::unique_ptr<Harness> harness_;
};

inline std::string kind_name(const testing::TestParamInfo<HarnessKind>& info) { return info.param.name; }

}  // namespace meshgate::contract
