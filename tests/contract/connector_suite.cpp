#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <thread>

#include "gateway/base/log.hpp"
#include "tests/contract/collector.hpp"
#include "tests/contract/harness.hpp"

namespace meshgate::contract {

using namespace std::chrono_literals;
using ingest::Limits;
using ingest::Progress;

void ConnectorContract::SetUp() {
  harness_ = GetParam().make();
  if (const std::string missing = harness_->missing(); !missing.empty()) GTEST_SKIP() << missing;
}

namespace {

/// A connection and one stream of it, or a test failure and an empty one.
struct Opened {
  std::unique_ptr<base::Log> log = std::make_unique<base::Log>(base::Level::error);
  std::unique_ptr<ingest::Connection> connection;
  std::optional<ingest::Stream> stream;
};

std::unique_ptr<ingest::Connection> connect(const Harness& harness, base::Log& log) {
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

Opened open(const Harness& harness) {
  Opened out;
  out.connection = connect(harness, *out.log);
  if (!out.connection) return out;
  auto stream = out.connection->open_stream(harness.stream());
  if (stream) {
    out.stream.emplace(std::move(*stream));
  } else {
    ADD_FAILURE() << stream.error().message;
  }
  return out;
}

/// One read that must succeed.
Progress read(Opened& opened, const Position& from, Collector& into, const Limits& limits = {}) {
  auto progress = opened.stream->read(from, limits, into);
  EXPECT_TRUE(progress) << progress.error().message;
  return progress ? *progress : Progress{};
}

/// Reads to the end of the scan that begins at or goes on from `from`.
Progress finish_scan(Opened& opened, Position from, Collector& into, const Limits& limits = {}) {
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

std::map<std::int64_t, Row> full_scan(const Harness& harness) {
  Opened opened = open(harness);
  if (!opened.stream) return {};
  Collector seen;
  finish_scan(opened, {}, seen);
  EXPECT_TRUE(seen.faults.empty()) << seen.faults.front().reason;
  return seen.rows;
}

std::vector<Row> some_rows(std::int64_t count) {
  std::vector<Row> rows;
  for (std::int64_t id = 1; id <= count; ++id) rows.push_back({id, "name " + std::to_string(id), std::to_string(id) + ".50"});
  return rows;
}

std::map<std::int64_t, Row> by_id(const std::vector<Row>& rows) {
  std::map<std::int64_t, Row> out;
  for (const Row& row : rows) out[row.id] = row;
  return out;
}

}  // namespace

TEST_P(ConnectorContract, ChecksAndDiscovers) {
  harness_->insert(some_rows(3));
  base::Log log(base::Level::error);
  const auto connection = connect(*harness_, log);
  ASSERT_TRUE(connection);
  const Status checked = connection->check();
  ASSERT_TRUE(checked) << checked.error().message;

  std::map<std::string, ingest::SourceColumns> found;
  const Status discovered = connection->discover([&](const ingest::StreamName& stream, const ingest::SourceColumns& columns) { found[stream.name] = columns; });
  ASSERT_TRUE(discovered) << discovered.error().message;
  ASSERT_TRUE(found.contains(harness_->stream_name()));
  const Schema& schema = found[harness_->stream_name()].schema;
  for (const char* name : {"id", "name", "total"}) EXPECT_NE(schema.find(name), nullptr) << name;
  if (harness_->discovers_key() && schema.find("id") != nullptr) {
    EXPECT_EQ(schema.find("id")->key, 1);
  }
  const auto names = connection->list();
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(names->size(), found.size());
  for (const ingest::StreamName& one : *names) EXPECT_TRUE(found.contains(one.name)) << one.name;
}

TEST_P(ConnectorContract, WhatIsSettledIsReadOnFrom) {
  harness_->insert(some_rows(10));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const Progress first = read(opened, {}, seen, {.max_records = 4});
  const Status settled = opened.stream->settled(first.position);
  ASSERT_TRUE(settled) << settled.error().message;
  finish_scan(opened, first.position, seen);
  EXPECT_EQ(seen.rows, by_id(some_rows(10)));
}

TEST_P(ConnectorContract, FirstReadGivesEveryRow) {
  const auto rows = some_rows(100);
  harness_->insert(rows);
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const Progress first = read(opened, {}, seen);
  EXPECT_TRUE(first.scan_began);
  EXPECT_TRUE(first.scanning);
  if (!first.scan_ended) {
    EXPECT_TRUE(finish_scan(opened, first.position, seen).scan_ended);
  }
  EXPECT_EQ(seen.rows, by_id(rows));
  EXPECT_EQ(seen.order.size(), rows.size()) << "each row once";
  ASSERT_EQ(seen.announced.schema.key().size(), 1U);
  EXPECT_EQ(seen.announced.schema.fields[seen.announced.schema.key()[0]].name, "id");
}

TEST_P(ConnectorContract, EmptySourceIsAnEmptyScan) {
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  EXPECT_TRUE(finish_scan(opened, {}, seen).scan_ended);
  EXPECT_EQ(seen.count, 0U);
}

TEST_P(ConnectorContract, ResumesFromEveryPosition) {
  const auto rows = some_rows(25);
  harness_->insert(rows);
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  const Limits limits{.max_wait = 5000ms, .max_records = 4};

  std::vector<std::pair<Position, std::map<std::int64_t, Row>>> stations;
  Collector seen;
  Position at;
  while (true) {
    const Progress progress = read(opened, at, seen, limits);
    ASSERT_FALSE(HasFailure());
    if (progress.scan_ended) break;
    at = progress.position;
    stations.emplace_back(at, seen.rows);
    ASSERT_LT(stations.size(), 1000U);
  }
  EXPECT_EQ(seen.rows, by_id(rows));
  EXPECT_GE(stations.size(), 6U);

  for (const auto& [position, before] : stations) {
    Opened again = open(*harness_);
    ASSERT_TRUE(again.stream);
    Collector rest;
    rest.rows = before;
    const Progress end = finish_scan(again, position, rest);
    EXPECT_TRUE(end.scan_ended);
    EXPECT_EQ(rest.rows, by_id(rows));
  }
}

TEST_P(ConnectorContract, RereadIsEqual) {
  harness_->insert(some_rows(20));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  const Limits limits{.max_wait = 5000ms, .max_records = 6};
  Collector first;
  const Progress start = read(opened, {}, first, limits);
  Collector one;
  const Progress once = read(opened, start.position, one, limits);
  Collector two;
  const Progress twice = read(opened, start.position, two, limits);
  EXPECT_EQ(one.order, two.order);
  EXPECT_EQ(once.position, twice.position);
  Opened other = open(*harness_);
  ASSERT_TRUE(other.stream);
  Collector three;
  read(other, start.position, three, limits);
  EXPECT_EQ(one.order, three.order);
}

TEST_P(ConnectorContract, ScansSeeInsertUpdateAndDelete) {
  harness_->insert(some_rows(10));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  Progress end = finish_scan(opened, {}, seen);

  harness_->update({4, "changed", "99.25"});
  harness_->erase(7);
  harness_->insert({{11, "new", "1.00"}});
  auto expected = by_id(some_rows(10));
  expected[4] = {4, "changed", "99.25"};
  expected.erase(7);
  expected[11] = {11, "new", "1.00"};

  Collector again;
  end = finish_scan(opened, harness_->scans_again() ? end.position : Position{}, again);
  EXPECT_EQ(again.rows, expected);
  EXPECT_EQ(full_scan(*harness_), expected);
}

TEST_P(ConnectorContract, AFollowedStreamShowsNewRowsOutsideScansAndSweepsByKeys) {
  if (harness_->followed_stream().empty()) return;
  harness_->insert(some_rows(10));
  Opened opened;
  opened.connection = connect(*harness_, *opened.log);
  ASSERT_TRUE(opened.connection);
  auto stream = opened.connection->open_stream(harness_->followed_stream());
  ASSERT_TRUE(stream) << stream.error().message;
  opened.stream.emplace(std::move(*stream));
  Collector seen;
  Progress at = finish_scan(opened, {}, seen);
  EXPECT_TRUE(at.scans_again);
  EXPECT_EQ(seen.rows.size(), 10U);

  harness_->insert({{11, "new", "1.00"}});
  harness_->erase(4);
  seen.clear();
  bool swept = false;
  for (int reads = 0; !(swept && seen.rows.contains(11)) && reads < 1'000'000; ++reads) {
    const std::size_t before = seen.order.size();
    const auto earlier = std::exchange(seen.present, {});
    at = read(opened, at.position, seen);
    ASSERT_FALSE(HasFailure());
    if (!at.scan_began) seen.present.insert(seen.present.begin(), earlier.begin(), earlier.end());
    swept = swept || at.scan_ended;
    if (at.scanning) {
      EXPECT_EQ(seen.order.size(), before) << "a sweep gives keys alone";
    }
  }
  EXPECT_EQ(seen.rows.at(11).name, "new");
  EXPECT_EQ(seen.present, (std::vector<std::int64_t>{1, 2, 3, 5, 6, 7, 8, 9, 10, 11}));
}

TEST_P(ConnectorContract, KeepsNullsAndUnicode) {
  const std::vector<Row> rows = {{1, std::nullopt, std::nullopt},
                                 {2, harness_->holds_empty_text() ? "" : ".", "0.00"},
                                 {3, "NULL", "-1.50"},
                                 {4, "Grüße, 你好 \U0001F600 \"quoted\"\nsecond line\ttab \\ back'slash", "12345678901234.25"},
                                 {-9007199254740993, "e\u0301", "0.10"}};
  harness_->insert(rows);
  EXPECT_EQ(full_scan(*harness_), by_id(rows));
}

TEST_P(ConnectorContract, CarriesAHugeValue) {
  std::string huge;
  while (huge.size() < harness_->huge()) huge += "0123456789 äöü ";
  harness_->insert({{1, "before", "1.00"}, {2, huge, "2.00"}, {3, "after", "3.00"}});
  const auto rows = full_scan(*harness_);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_TRUE(rows.at(2).name == huge) << "arrived with " << rows.at(2).name.value_or("").size() << " of " << huge.size() << " bytes";
  EXPECT_EQ(rows.at(3).name, "after");
}

TEST_P(ConnectorContract, ABadRowStopsNothing) {
  harness_->insert(some_rows(3));
  if (!harness_->insert_bad(4)) return;  // this source cannot hold a bad row
  harness_->insert({{5, "after", "5.50"}});
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  EXPECT_TRUE(finish_scan(opened, {}, seen).scan_ended);
  EXPECT_EQ(seen.rows.size(), 4U);
  EXPECT_TRUE(seen.rows.contains(5));
  ASSERT_EQ(seen.faults.size(), 1U);
  EXPECT_EQ(seen.faults[0].id, 4);
  EXPECT_THAT(seen.faults[0].reason, testing::HasSubstr("total"));
}

TEST_P(ConnectorContract, LooksUpByKey) {
  harness_->insert(some_rows(10));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const std::vector<Value> keys = {Value::of_int64(3), Value::of_int64(77), Value::of_int64(10)};
  const Status found = opened.stream->lookup(keys, 1, seen);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(seen.rows, by_id({{3, "name 3", "3.50"}, {10, "name 10", "10.50"}}));

  harness_->erase(3);
  seen.clear();
  ASSERT_TRUE(opened.stream->lookup(keys, 1, seen));
  EXPECT_EQ(seen.rows.size(), 1U);
  seen.clear();
  ASSERT_TRUE(opened.stream->lookup({}, 1, seen));
  EXPECT_EQ(seen.count, 0U);
}

TEST_P(ConnectorContract, LookupBetweenTwoReadsDoesNotDisturbAScan) {
  const auto rows = some_rows(20);
  harness_->insert(rows);
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const Progress first = read(opened, {}, seen, {.max_wait = 5000ms, .max_records = 5});
  Collector found;
  const std::vector<Value> key = {Value::of_int64(2)};
  ASSERT_TRUE(opened.stream->lookup(key, 1, found));
  finish_scan(opened, first.position, seen);
  EXPECT_EQ(seen.rows, by_id(rows));
  EXPECT_EQ(seen.order.size(), rows.size());
}

TEST_P(ConnectorContract, RespectsLimits) {
  harness_->insert(some_rows(50));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  read(opened, {}, seen, {.max_wait = 5000ms, .max_records = 7});
  EXPECT_LE(seen.count, 7U);
  EXPECT_GE(seen.count, 1U);
  seen.clear();
  const Progress tiny = read(opened, {}, seen, {.max_wait = 5000ms, .max_bytes = 1});
  EXPECT_EQ(seen.count, 1U) << "one record may go over";
  EXPECT_FALSE(tiny.scan_ended);
}

TEST_P(ConnectorContract, ALightReadNeitherBeginsNorGoesOnWithAScan) {
  const auto rows = some_rows(20);
  harness_->insert(rows);
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const Limits light{.max_wait = 5000ms, .light = true};
  const auto expect_rest = [&](const Progress& rest, const Position& at) {
    EXPECT_TRUE(rest.idle);
    EXPECT_TRUE(rest.scan_waits);
    EXPECT_FALSE(rest.scanning);
    EXPECT_FALSE(rest.open);
    EXPECT_EQ(rest.position.bytes, at.bytes);
  };
  expect_rest(read(opened, {}, seen, light), {});
  EXPECT_EQ(seen.count, 0U);
  const Progress first = read(opened, {}, seen, {.max_wait = 5000ms, .max_records = 5});
  const std::uint64_t so_far = seen.count;
  expect_rest(read(opened, first.position, seen, light), first.position);
  expect_rest(read(opened, first.position, seen, light), first.position);
  EXPECT_EQ(seen.count, so_far);
  EXPECT_FALSE(finish_scan(opened, first.position, seen).scan_waits);
  EXPECT_EQ(seen.rows, by_id(rows));
  EXPECT_EQ(seen.order.size(), rows.size()) << "each row once";
}

TEST_P(ConnectorContract, AFollowedStreamShowsNewRowsInLightReads) {
  if (harness_->followed_stream().empty()) return;
  harness_->insert(some_rows(10));
  Opened opened;
  opened.connection = connect(*harness_, *opened.log);
  ASSERT_TRUE(opened.connection);
  auto stream = opened.connection->open_stream(harness_->followed_stream());
  ASSERT_TRUE(stream) << stream.error().message;
  opened.stream.emplace(std::move(*stream));
  Collector seen;
  Progress at = finish_scan(opened, {}, seen);
  bool waited = false;
  for (std::int64_t id = 11; !waited || id < 14; ++id) {
    harness_->insert({{id, "new", "1.00"}});
    while (!seen.rows.contains(id)) {
      at = read(opened, at.position, seen, {.max_wait = 5000ms, .light = true});
      ASSERT_FALSE(HasFailure());
      ASSERT_FALSE(at.scanning);
    }
    waited = waited || at.scan_waits;
  }
  while (!at.scan_ended) {
    at = read(opened, at.position, seen);
    ASSERT_FALSE(HasFailure());
  }
}

TEST_P(ConnectorContract, ReadsThatLetGoLeaveNothingOpenAndWhatComesLaterIsNew) {
  auto rows = some_rows(200);
  harness_->insert(rows);
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const Limits some{.max_wait = 5000ms, .max_records = 30, .let_go = true};
  Progress at = read(opened, {}, seen, some);
  EXPECT_FALSE(at.open);
  rows.back().name = "newer";
  harness_->update(rows.back());
  while (!at.scan_ended) {
    at = read(opened, at.position, seen, some);
    ASSERT_FALSE(HasFailure());
    EXPECT_FALSE(at.open);
  }
  EXPECT_EQ(seen.rows, by_id(rows));
}

TEST_P(ConnectorContract, ASinkThatHasEnoughEndsTheReadWithoutLoss) {
  const auto rows = some_rows(20);
  harness_->insert(rows);
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  seen.stop_after = 3;
  const Progress part = read(opened, {}, seen);
  EXPECT_EQ(seen.count, 3U);
  EXPECT_FALSE(part.scan_ended);
  seen.stop_after = SIZE_MAX;
  finish_scan(opened, part.position, seen);
  EXPECT_EQ(seen.rows, by_id(rows));
}

TEST_P(ConnectorContract, CancelEndsABlockedReadWithinTwoSeconds) {
  harness_->insert(some_rows(3));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  if (!harness_->block_reads()) return;  // this source answers at once, whatever one does to it
  Collector seen;
  auto blocked = std::async(std::launch::async, [&]() -> Status {
    Position at;
    while (true) {
      auto progress = opened.stream->read(at, {.max_wait = 600000ms, .max_records = 1000000, .max_bytes = UINT64_MAX}, seen);
      if (!progress) return progress.error();
      if (progress->scan_ended) return {};
      at = progress->position;
    }
  });
  harness_->wait_until_blocked();
  ASSERT_NE(blocked.wait_for(0s), std::future_status::ready) << "the read was not blocked";
  opened.connection->cancel();
  ASSERT_EQ(blocked.wait_for(2s), std::future_status::ready) << "the contract says 2 s";
  const Status ended = blocked.get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::cancelled);

  const auto later = opened.stream->read({}, {}, seen);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, Code::cancelled) << "cancel is not taken back";
}

TEST_P(ConnectorContract, ASourceThatRestartsIsReadAgain) {
  const auto rows = some_rows(20);
  harness_->insert(rows);
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const Progress first = read(opened, {}, seen, {.max_wait = 5000ms, .max_records = 5});

  harness_->stop_source();
  Collector nothing;
  const auto gone = opened.stream->read({}, {}, nothing);
  ASSERT_FALSE(gone) << "unreachable is not empty";
  EXPECT_FALSE(gone.error().message.empty());
  harness_->start_source();

  Opened again = open(*harness_);
  ASSERT_TRUE(again.stream);
  finish_scan(again, first.position, seen);
  EXPECT_EQ(seen.rows, by_id(rows));
}

TEST_P(ConnectorContract, APositionOfSomethingElseIsGone) {
  harness_->insert(some_rows(3));
  Opened opened = open(*harness_);
  ASSERT_TRUE(opened.stream);
  for (const std::string& bytes : {std::string("x"), std::string("{\"offset\":-1}"), std::string(3, '\0'), std::string(5000, '9')}) {
    Collector seen;
    const auto progress = opened.stream->read({bytes}, {}, seen);
    ASSERT_FALSE(progress);
    EXPECT_EQ(progress.error().code, Code::gone) << progress.error().message;
  }
}

TEST_P(ConnectorContract, WrongSettingsAreToldInASentence) {
  harness_->insert(some_rows(1));
  const auto plugin = ingest::Plugin::load(harness_->plugin());
  ASSERT_TRUE(plugin) << plugin.error().message;
  for (const WrongSettings& wrong : harness_->wrong_settings()) {
    SCOPED_TRACE(wrong.what);
    base::Log log(base::Level::error);
    Status verdict;
    auto connection = ingest::Connection::open(*plugin, wrong.connection, log);
    if (!connection) {
      verdict = connection.error();
    } else if (auto stream = (*connection)->open_stream(wrong.stream); !stream) {
      verdict = stream.error();
    }
    ASSERT_FALSE(verdict) << "was taken";
    EXPECT_EQ(verdict.error().code, Code::config) << verdict.error().message;
    EXPECT_THAT(verdict.error().message, testing::HasSubstr(wrong.word));
    EXPECT_GT(verdict.error().message.size(), wrong.word.size() + 10) << "a sentence";
  }
}

}  // namespace meshgate::contract
