// What a connector shows between scans, and how it keeps within limits.
#include <algorithm>
#include <string_view>
#include <utility>

#include "tests/contract/reading.hpp"

namespace meshgate::contract {

TEST_P(ConnectorContract, AFollowedStreamShowsNewRowsOutsideScansAndSweepsByKeys) {
  if (harness_->followed_stream().empty() || harness_->is_tracked()) return;
  harness_->insert(some_rows(10));
  Opened opened = open(*harness_, harness_->followed_stream());
  ASSERT_TRUE(opened.stream);
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

TEST_P(ConnectorContract, AFollowedStreamShowsNewRowsInLightReads) {
  if (harness_->followed_stream().empty()) return;
  harness_->insert(some_rows(10));
  Opened opened = open(*harness_, harness_->followed_stream());
  ASSERT_TRUE(opened.stream);
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

TEST_P(ConnectorContract, ATrackedStreamTellsEveryChangeOutsideScans) {
  if (!harness_->is_tracked()) return;
  harness_->insert(some_rows(10));
  Opened opened = open(*harness_, harness_->followed_stream());
  ASSERT_TRUE(opened.stream);
  Collector seen;
  Progress at = finish_scan(opened, {}, seen);
  EXPECT_TRUE(at.scans_again);

  const Limits light{.max_wait = 5000ms, .light = true};
  seen.clear();
  harness_->insert({{11, "new", "1.00"}});
  harness_->update({4, "changed", "99.25"});
  harness_->erase(7);
  while (seen.removed.empty()) {
    at = read(opened, at.position, seen, light);
    ASSERT_FALSE(HasFailure());
    ASSERT_FALSE(at.scanning);
  }
  EXPECT_EQ(seen.rows, by_id({{11, "new", "1.00"}, {4, "changed", "99.25"}}));
  EXPECT_EQ(seen.removed, std::vector<std::int64_t>{7});
  EXPECT_TRUE(seen.present.empty());
}

TEST_P(ConnectorContract, WhatATrackedStreamToldIsToldAgainFromItsPosition) {
  if (!harness_->is_tracked()) return;
  harness_->insert(some_rows(10));
  Opened opened = open(*harness_, harness_->followed_stream());
  ASSERT_TRUE(opened.stream);
  Collector seen;
  const Position before = finish_scan(opened, {}, seen).position;
  harness_->update({4, "changed", "99.25"});
  harness_->insert({{11, "new", "1.00"}});
  harness_->erase(7);
  auto expected = by_id(some_rows(10));
  expected[4] = {4, "changed", "99.25"};
  expected.erase(7);
  expected[11] = {11, "new", "1.00"};

  // On the connection that told it, on another one, and after the source was away.
  for (const char* how : {"here", "elsewhere", "later"}) {
    SCOPED_TRACE(how);
    if (how == std::string_view("later")) {
      harness_->stop_source();
      harness_->start_source();
    }
    Opened other = how == std::string_view("here") ? std::move(opened) : open(*harness_, harness_->followed_stream());
    ASSERT_TRUE(other.stream);
    Collector again;
    again.rows = seen.rows;
    Position from = before;
    bool swept = false;
    while (again.rows != expected && !swept) {
      const auto scanned = std::exchange(again.present, {});
      const Progress at = read(other, from, again, {.max_wait = 5000ms, .max_records = 2});
      ASSERT_FALSE(HasFailure());
      if (!at.scan_began) again.present.insert(again.present.begin(), scanned.begin(), scanned.end());
      swept = at.scan_ended;
      from = at.position;
    }
    // A source that cannot tell what was deleted names what is there.
    if (swept) std::erase_if(again.rows, [&](const auto& row) { return row.first == 7 && std::ranges::find(again.present, 7) == again.present.end(); });
    EXPECT_EQ(again.rows, expected);
  }
}

TEST_P(ConnectorContract, ATrackedStreamShowsEverythingAtItsSweep) {
  if (!harness_->is_tracked()) return;
  const auto rows = some_rows(10);
  harness_->insert(rows);
  Opened opened = open(*harness_, harness_->followed_stream());
  ASSERT_TRUE(opened.stream);
  Collector seen;
  Progress at = finish_scan(opened, {}, seen);
  seen.clear();
  do {
    at = read(opened, at.position, seen, {.max_wait = 50ms});
    ASSERT_FALSE(HasFailure());
  } while (!at.scan_ended);
  EXPECT_EQ(seen.rows, by_id(rows));
  EXPECT_TRUE(at.scans_again);
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

}  // namespace meshgate::contract
