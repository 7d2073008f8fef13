// What a connector shows of its source: every row, from each Position, as it is.
#include <gmock/gmock.h>

#include <array>
#include <utility>

#include "tests/contract/reading.hpp"

namespace meshgate::contract {

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
  EXPECT_EQ(seen.announced.schema.fields[seen.announced.schema.key()[0]].name, harness_->key_column());
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
  std::array<std::string, 3> texts;
  const std::vector<Value> keys = {harness_->key_of(3, texts[0]), harness_->key_of(77, texts[1]), harness_->key_of(10, texts[2])};
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
  std::string text;
  const std::vector<Value> key = {harness_->key_of(2, text)};
  ASSERT_TRUE(opened.stream->lookup(key, 1, found));
  finish_scan(opened, first.position, seen);
  EXPECT_EQ(seen.rows, by_id(rows));
  EXPECT_EQ(seen.order.size(), rows.size());
}

}  // namespace meshgate::contract
