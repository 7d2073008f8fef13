#include "connectors/odbc/horizon.hpp"

#include <gtest/gtest.h>

#include "connectors/odbc/choice.hpp"

namespace meshgate::odbc {

TEST(Horizon, IsDecoded) {
  const auto open = decode_horizon({"1767608109000000", "1767608100000000", "", "0", "0", "1767608109000005", "", "9"}, TrackKind::time);
  ASSERT_TRUE(open);
  EXPECT_EQ(open->clock, 1767608109000005);
  EXPECT_EQ(open->read_at, 1767608109000000);
  EXPECT_EQ(open->oldest, 1767608100000000);
  EXPECT_EQ(open->floor, open->clock);
  EXPECT_FALSE(open->undated);
  const auto held = decode_horizon({"5", "", "4711", "2", "0", "6", "", "9"}, TrackKind::number);
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->undated);
  EXPECT_FALSE(held->oldest);
  EXPECT_EQ(held->floor, 4711);
  EXPECT_EQ(decode_horizon({"5", "", "", "0", "1", "6", "", "9"}, TrackKind::number)->floor, kLowest) << "an empty table";
  EXPECT_EQ(decode_horizon({"5", "", "", "0", "1", "6", "", "9"}, TrackKind::number)->blind, Blind::right);
}

TEST(Horizon, OpenTransactionsAreListed) {
  const auto two = decode_horizon({"9", "5", "", "0", "0", "9", "7-5=5 8-6=6", "9"}, TrackKind::time);
  ASSERT_TRUE(two && two->open);
  EXPECT_EQ(*two->open, (std::vector<OpenTransaction>{{"7-5", 5}, {"8-6", 6}}));
  EXPECT_EQ(decode_horizon({"9", "", "", "0", "0", "9", "", "9"}, TrackKind::time)->open->size(), 0U);
  EXPECT_FALSE(decode_horizon({"9", "5", "", "0", "0", "9", "", "9"}, TrackKind::time)->open) << "there is one, but it is not listed";
  EXPECT_FALSE(decode_horizon({"9", "5", "", "0", "0", "9", "7=x", "9"}, TrackKind::time)->open);
  EXPECT_EQ(decode_horizon({"9", "5", "", "0", "0", "9", "=5", "9"}, TrackKind::time)->open->front().name, "");
}

TEST(Horizon, ATimeThatHasNotComeIsNoFloor) {
  EXPECT_EQ(decode_horizon({"6", "", "9999-12-31 00:00:00", "0", "0", "1767608109000000", "", "9"}, TrackKind::time)->floor, 1767608109000000);
  EXPECT_EQ(decode_horizon({"6", "", "2026-01-05 10:15:08", "0", "0", "1767608109000000", "", "9"}, TrackKind::time)->floor, 1767608108000000);
  EXPECT_EQ(decode_horizon({"6", "", "none", "0", "0", "1767608109000000", "", "9"}, TrackKind::time)->floor, kLowest) << "an empty SQLite table";
}

TEST(Horizon, OfAReplicaWhatItHasAppliedIsTheFloor) {
  const auto behind = decode_horizon({"", "", "", "0", "2", "1767608109000000", "", "1767608100000000"}, TrackKind::time);
  ASSERT_TRUE(behind);
  EXPECT_EQ(behind->blind, Blind::replica);
  EXPECT_EQ(behind->floor, 1767608100000000);
  EXPECT_EQ(behind->until, 1767608100000000);
  const auto silent = decode_horizon({"", "", "", "0", "2", "1767608109000000", "", ""}, TrackKind::time);
  EXPECT_EQ(silent->floor, silent->clock);
  EXPECT_EQ(silent->until, 0);
}

TEST(Horizon, AMomentIsDecodedAndSaid) {
  constexpr std::int64_t kNow = 1767608109000000;
  const auto own = decode_moment({"1767608109000000", "1767608109000000", "0"});
  ASSERT_TRUE(own);
  EXPECT_EQ(*own, (Moment{.until = kNow, .clock = kNow, .replica = false}));
  EXPECT_EQ(how_far(*own), "");
  const auto silent = decode_moment({"", "1767608109000000", "1"});
  ASSERT_TRUE(silent && silent->replica);
  EXPECT_NE(how_far(*silent).find("does not say how far"), std::string::npos);
  const Moment late{.until = kNow - 75'000'000, .clock = kNow, .replica = true};
  EXPECT_NE(how_far(late).find("until 2026-01-05 10:13:54 UTC"), std::string::npos) << how_far(late);
  EXPECT_NE(why_waiting(late, kNow).find("until 2026-01-05 10:15:09 UTC has been read before"), std::string::npos) << why_waiting(late, kNow);
  EXPECT_FALSE(decode_moment({"1", "", "0"}));
  EXPECT_FALSE(decode_moment({}));
}

TEST(Horizon, WhatIsNoRowIsNone) {
  EXPECT_FALSE(decode_horizon({}, TrackKind::time));
  EXPECT_FALSE(decode_horizon({"1", "", "", "0", "0", "", "", "9"}, TrackKind::time));
  EXPECT_FALSE(decode_horizon({"1", "", "", "0", "7", "1", "", "9"}, TrackKind::time));
}

TEST(Horizon, TicksAreComparable) {
  EXPECT_EQ(tick_of(TrackKind::time, "1970-01-01 00:00:01.5+00"), 1'500'000);
  EXPECT_EQ(tick_of(TrackKind::time, "1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(tick_of(TrackKind::time, "infinity"), std::nullopt);
  EXPECT_EQ(tick_of(TrackKind::number, "18446744073709551615"), INT64_MAX);
  EXPECT_EQ(tick_of(TrackKind::number, "-3"), -3);
}

TEST(Horizon, ABlindOneIsToldWithWhatHelps) {
  const Place place{.server = "db", .user = "mesh", .database = "erp", .driver = "", .table = "orders", .installed = ""};
  const std::string postgresql = blindness(Blind::right, Engine::postgresql, place, "table 'orders'", "updated_at");
  EXPECT_NE(postgresql.find("GRANT pg_read_all_stats TO \"mesh\""), std::string::npos) << postgresql;
  EXPECT_NE(postgresql.find("`overlap: 15m`"), std::string::npos);
  EXPECT_NE(blindness(Blind::right, Engine::mariadb, place, "table 'orders'", "x").find("GRANT PROCESS ON *.*"), std::string::npos);
  EXPECT_NE(blindness(Blind::replica, Engine::mariadb, place, "table 'orders'", "x").find("replica"), std::string::npos);
}

TEST(Horizon, WhatHoldsItBackIsToldAfterAMinute) {
  Horizon horizon{.clock = 1'767'608'109'000'000, .read_at = 1'767'608'109'000'000, .oldest = 1'767'608'100'000'000};
  EXPECT_EQ(what_holds(horizon), "");
  horizon.oldest = 1'767'600'000'000'000;
  EXPECT_EQ(what_holds(horizon), "a transaction is open since 2026-01-05 08:00:00 UTC; once it ends, what was written since then is read again");
  horizon.undated = true;
  EXPECT_NE(what_holds(horizon).find("prepared"), std::string::npos);
}

TEST(Horizon, BoundsAreTextOfTheirColumn) {
  Column time{.name = "t", .native = "TIMESTAMP", .type = MG_TIMESTAMP};
  EXPECT_EQ(bound_text(time, TrackKind::time, Engine::sqlite, 1'767'608'109'000'000), "2026-01-05 10:15:09");
  EXPECT_EQ(bound_text(time, TrackKind::time, Engine::sqlite, 1'767'608'109'500'000), "2026-01-05 10:15:09.5");
  EXPECT_EQ(bound_text(time, TrackKind::time, Engine::mariadb, 1'767'608'109'500'000), "2026-01-05 10:15:09.500000");
  EXPECT_EQ(bound_text(time, TrackKind::time, Engine::mariadb, kLowest), "");
  const Column number{.name = "n", .native = "int", .type = MG_INT64};
  EXPECT_EQ(bound_text(number, TrackKind::number, Engine::mariadb, 42), "42");
  EXPECT_EQ(bound_text(number, TrackKind::number, Engine::mariadb, -5), "");
}

}  // namespace meshgate::odbc
