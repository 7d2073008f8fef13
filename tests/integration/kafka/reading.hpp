#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka/connection.hpp"

namespace meshgate::kafka_test {

using Settings = std::vector<std::pair<std::string, std::string>>;

/// One connection with one stream of it, and what it emitted: items by key, as "column=value …".
class Reading {
 public:
  Reading(const Settings& connection, const Settings& stream) {
    const sdk::Host nobody(nullptr);
    const sdk::Status opened = kafka::ClusterConnection::open(nobody, settings(connection), connection_);
    EXPECT_TRUE(opened.ok()) << opened.message;
    if (!opened.ok()) return;
    const sdk::Status streamed = connection_->open_stream(settings(stream), "reader", stream_);
    EXPECT_TRUE(streamed.ok()) << streamed.message;
  }

  /// One read from `position`, which it moves on.
  sdk::Status read() {
    progress = {};
    const mg_limits limits{.size = sizeof(mg_limits), .max_wait_ms = 500, .max_records = 1000, .max_bytes = 4U << 20U, .flags = 0, .reserved = 0};
    sdk::Sink sink(&sink_);
    sdk::Status done = stream_->read(position, limits, sink, progress);
    if (done.ok()) position = progress.position;
    return done;
  }
  /// Reads until `enough` says so; false where a read fails or it takes too long.
  bool read_until(const std::function<bool()>& enough) {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60); std::chrono::steady_clock::now() < end;) {
      const sdk::Status done = read();
      EXPECT_TRUE(done.ok()) << done.message;
      if (!done.ok()) return false;
      if (enough()) return true;
    }
    return false;
  }
  bool scan() {
    return read_until([&] { return (progress.flags & MG_SCAN_ENDED) != 0; });
  }
  bool read_to_rest() {
    return read_until([&] { return (progress.flags & MG_IDLE) != 0 && progress.as_of_us != 0; });
  }
  sdk::Status lookup(const std::vector<mg_value>& keys) {
    sdk::Sink sink(&sink_);
    return stream_->lookup(sdk::Keys(keys.data(), keys.size(), 1), sink);
  }

  std::string position;
  sdk::Progress progress;
  std::map<std::string, std::string> items;
  std::vector<std::string> faults;
  size_t records = 0;

 private:
  static sdk::Settings settings(const Settings& from) {
    std::vector<mg_setting> all;
    for (const auto& [name, value] : from) all.push_back({sdk::borrow(name), sdk::borrow(value)});
    return {all.data(), all.size()};
  }
  int32_t columns(const mg_column* all, size_t count) {
    names_.clear();
    key_columns_ = 0;
    for (size_t i = 0; i < count; ++i) {
      names_.emplace_back(sdk::view(all[i].name));
      if (all[i].key > 0) ++key_columns_;
    }
    return MG_OK;
  }
  int32_t emit(const mg_record& record) {
    ++records;
    const auto text = [](const mg_value& value) { return value.kind == MG_INT64 ? std::to_string(value.i) : std::string(sdk::view(value.s)); };
    std::string key = record.values[0].kind == MG_NULL ? "" : text(record.values[0]);
    for (size_t i = 1; i < key_columns_; ++i) key.append(",").append(text(record.values[i]));
    if (record.fault.size > 0) {
      faults.emplace_back(sdk::view(record.fault));
    } else if (record.operation == MG_DELETE) {
      items.erase(key);
    } else {
      std::string& item = items[key];
      item.clear();
      for (size_t i = key_columns_; i < record.value_count; ++i) {
        if (record.values[i].kind != MG_NULL) item.append(item.empty() ? "" : " ").append(names_[i]).append("=").append(text(record.values[i]));
      }
    }
    return MG_OK;
  }

  std::unique_ptr<sdk::Connection> connection_;
  std::unique_ptr<sdk::Stream> stream_;
  std::vector<std::string> names_;
  size_t key_columns_ = 0;  ///< which come first
  mg_sink sink_{sizeof(mg_sink), this, [](void* self, const mg_column* all, size_t count) -> int32_t { return static_cast<Reading*>(self)->columns(all, count); },
                [](void* self, const mg_record* record) -> int32_t { return static_cast<Reading*>(self)->emit(*record); }};
};

}  // namespace meshgate::kafka_test
