#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/log.hpp"
#include "tests/contract/collector.hpp"
#include "tests/contract/harness.hpp"

namespace meshgate::contract {

using namespace std::chrono_literals;
using ingest::Limits;
using ingest::Progress;

/// A connection and one stream of it, or a test failure and an empty one.
struct Opened {
  std::unique_ptr<base::Log> log = std::make_unique<base::Log>(base::Level::error);
  std::unique_ptr<ingest::Connection> connection;
  std::optional<ingest::Stream> stream;
};

inline std::unique_ptr<ingest::Connection> connect(const Harness& harness, base::Log& log) {
  auto plugin = ingest::Plugin::load(harness.plugin());
  if (!plugin) {
    ADD_FAILURE() << plugin.error().message;
    return nullptr;
  }
  auto opened = ingest::Connection::open(*plugin, harness.connection(), log);
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }
  return std::move(*opened);
}

inline Opened open(const Harness& harness, const ingest::Settings& settings) {
  Opened out;
  out.connection = connect(harness, *out.log);
  if (!out.connection) return out;
  auto stream = out.connection->open_stream(settings);
  if (stream) {
    out.stream.emplace(std::move(*stream));
  } else {
    ADD_FAILURE() << stream.error().message;
  }
  return out;
}

inline Opened open(const Harness& harness) { return open(harness, harness.stream()); }

/// One read that must succeed.
inline Progress read(Opened& opened, const Position& from, Collector& into, const Limits& limits = {}) {
  auto progress = opened.stream->read(from, limits, into);
  EXPECT_TRUE(progress) << progress.error().message;
  return progress ? *progress : Progress{};
}

/// Reads to the end of the scan that begins at or goes on from `from`.
inline Progress finish_scan(Opened& opened, Position from, Collector& into, const Limits& limits = {}) {
  for (int reads = 0; reads < 100000; ++reads) {
    auto progress = opened.stream->read(from, limits, into);
    if (!progress) {
      ADD_FAILURE() << progress.error().message;
      return {};
    }
    if (progress->scan_began && reads > 0) ADD_FAILURE() << "a scan began within a scan, though nothing had changed";
    if (progress->scan_ended) return *progress;
    from = progress->position;
  }
  ADD_FAILURE() << "the scan does not end";
  return {};
}

inline std::map<std::int64_t, Row> full_scan(const Harness& harness) {
  Opened opened = open(harness);
  if (!opened.stream) return {};
  Collector seen;
  finish_scan(opened, {}, seen);
  EXPECT_TRUE(seen.faults.empty()) << seen.faults.front().reason;
  return seen.rows;
}

inline std::vector<Row> some_rows(std::int64_t count) {
  std::vector<Row> rows;
  for (std::int64_t id = 1; id <= count; ++id) rows.push_back({id, "name " + std::to_string(id), std::to_string(id) + ".50"});
  return rows;
}

inline std::map<std::int64_t, Row> by_id(const std::vector<Row>& rows) {
  std::map<std::int64_t, Row> out;
  for (const Row& row : rows) out[row.id] = row;
  return out;
}

}  // namespace meshgate::contract
