#include "mesh/time.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

std::string date(std::int64_t days) {
  std::string out;
  append_date(out, days);
  return out;
}

std::string time_of(std::int64_t micros) {
  std::string out;
  append_time(out, micros);
  return out;
}

std::string timestamp(std::int64_t micros) {
  std::string out;
  append_timestamp(out, Micros{micros});
  return out;
}

/// The calendar, counted up day by day without any formula.
TEST(Time, EveryDayOfTheCalendarIsTheNextOne) {
  CivilDate want{1, 1, 1};
  for (std::int64_t day = kFirstDay; day <= kLastDay; ++day) {
    const CivilDate got = civil(day);
    ASSERT_TRUE(got.year == want.year && got.month == want.month && got.day == want.day) << day;
    ASSERT_EQ(days_from_civil(want), day);
    ++want.day;
    if (valid(want)) continue;
    want.day = 1;
    if (++want.month == 13) want = {want.year + 1, 1, 1};
  }
  EXPECT_EQ(want.year, 10000);
}

TEST(Time, KnowsWhichDatesExist) {
  EXPECT_TRUE(valid({2024, 2, 29}));
  EXPECT_TRUE(valid({2000, 2, 29}));
  for (const CivilDate& none : {CivilDate{1900, 2, 29}, CivilDate{2023, 2, 29}, CivilDate{2024, 2, 30}, CivilDate{2024, 4, 31}, CivilDate{2024, 0, 1},
                                CivilDate{2024, 13, 1}, CivilDate{2024, 1, 0}, CivilDate{2024, 1, 32}, CivilDate{0, 1, 1}, CivilDate{10000, 1, 1}, CivilDate{-1, 1, 1}}) {
    EXPECT_FALSE(valid(none)) << none.year << "-" << none.month << "-" << none.day;
  }
}

TEST(Time, TheLimitsAreTheFirstAndLastOfFourDigits) {
  EXPECT_EQ(date(kFirstDay), "0001-01-01");
  EXPECT_EQ(date(kLastDay), "9999-12-31");
  EXPECT_EQ(timestamp(kFirstMicros.count), "0001-01-01T00:00:00.000000");
  EXPECT_EQ(timestamp(kLastMicros.count), "9999-12-31T23:59:59.999999");
  EXPECT_EQ(kFirstMicros.count, kFirstDay * kMicrosPerDay);
  EXPECT_EQ(kLastMicros.count, (kLastDay + 1) * kMicrosPerDay - 1);
}

TEST(Time, InstantsBeforeTheEpochRoundDown) {
  EXPECT_EQ(timestamp(-1), "1969-12-31T23:59:59.999999");
  EXPECT_EQ(timestamp(-kMicrosPerDay), "1969-12-31T00:00:00.000000");
  EXPECT_EQ(timestamp(-kMicrosPerDay - 1), "1969-12-30T23:59:59.999999");
}

TEST(Time, TimeOfDayAlwaysHasSixDigits) {
  EXPECT_EQ(time_of(0), "00:00:00.000000");
  EXPECT_EQ(time_of(kMicrosPerDay - 1), "23:59:59.999999");
  EXPECT_EQ(time_of(36909123456), "10:15:09.123456");
}

TEST(Time, ReadsFractionsOfNoneToSixDigits) {
  EXPECT_EQ(parse_time("10:15:09"), 36909000000);
  EXPECT_EQ(parse_time("10:15:09.1"), 36909100000);
  EXPECT_EQ(parse_time("10:15:09.000001"), 36909000001);
  EXPECT_EQ(parse_timestamp("2026-01-05 10:15:09.12"), Micros{1767608109120000});
  EXPECT_EQ(parse_timestamp("2026-01-05T10:15:09.123456"), Micros{1767608109123456});
}

TEST(Time, RefusesWhatIsNoDate) {
  for (const char* text : {"", "2026-1-05", "2026-01-5", "2026/01/05", "2026-01-05 ", " 2026-01-05", "2026-13-01", "2026-00-01", "2026-02-29", "0000-01-01",
                           "-001-01-01", "20260105", "2026-01-0a", "+026-01-05"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text : {"", "24:00:00", "23:60:00", "23:59:60", "1:00:00", "10:15", "10:15:09.", "10:15:09.1234567", "10:15:09,1", "10:15:09.12a", "10-15-09", "10:15:09Z", "-1:00:00"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Time, RefusesWhatIsNoTimestamp) {
  for (const char* text : {"", "2026-01-05", "2026-01-05T", "2026-01-05t10:15:09", "2026-01-05T10:15:09Z", "2026-01-05T10:15:09+00", "2026-01-05  10:15:09", "2026-02-30T10:15:09", "2026-01-05T24:15:09"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Time, NowIsInOurCentury) {
  EXPECT_GT(now(), Micros{1767225600000000});
  EXPECT_LT(now(), Micros{4102444800000000});
  EXPECT_EQ(utc_text(Micros{0}), "1970-01-01T00:00:00.000000Z");
}

}  // namespace
}  // namespace meshgate
