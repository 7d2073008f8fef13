#include "gateway/ingest/time_zone.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "mesh/time.hpp"

namespace meshgate::ingest {
namespace {

std::int64_t utc(const char* text) { return parse_timestamp(text)->count / 1000000; }

TEST(ZoneRule, SummerTimeOfTheNorthAndOfTheSouth) {
  const auto berlin = ZoneRule::parse("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(berlin->ahead_at(utc("2026-03-29 00:59:59")), 3600);
  EXPECT_EQ(berlin->ahead_at(utc("2026-03-29 01:00:00")), 7200);
  EXPECT_EQ(berlin->ahead_at(utc("2026-10-25 00:59:59")), 7200);
  EXPECT_EQ(berlin->ahead_at(utc("2026-10-25 01:00:00")), 3600);
  const auto sydney = ZoneRule::parse("AEST-10AEDT,M10.1.0,M4.1.0/3");
  ASSERT_TRUE(sydney);
  EXPECT_EQ(sydney->ahead_at(utc("2026-01-01 00:00:00")), 11 * 3600);
  EXPECT_EQ(sydney->ahead_at(utc("2026-04-04 15:59:59")), 11 * 3600);
  EXPECT_EQ(sydney->ahead_at(utc("2026-04-04 16:00:00")), 10 * 3600);
  EXPECT_EQ(sydney->ahead_at(utc("2026-10-03 16:00:00")), 11 * 3600);
}

TEST(ZoneRule, OtherWaysToWriteIt) {
  EXPECT_EQ(ZoneRule::parse("<+0530>-5:30")->ahead_at(0), 19800);
  EXPECT_EQ(ZoneRule::parse("EST5")->ahead_at(0), -18000);
  const auto by_day = ZoneRule::parse("AAA0BBB-2,J60/0,J61/0");  // the first of March, leap year or not
  ASSERT_TRUE(by_day);
  EXPECT_EQ(by_day->ahead_at(utc("2024-03-01 12:00:00")), 7200);
  EXPECT_EQ(by_day->ahead_at(utc("2024-02-29 12:00:00")), 0);
  EXPECT_EQ(by_day->ahead_at(utc("2025-03-01 12:00:00")), 7200);
  const auto counted = ZoneRule::parse("AAA0BBB,59/0,60/0");  // the 60th day
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->ahead_at(utc("2024-02-29 12:00:00")), 3600);
}

TEST(ZoneRule, WhatIsNone) {
  for (const char* wrong : {"", "CET", "CE-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
                            "CET-1CEST,J0,J5", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,M3.5.0,M10.5.0x", "<CET-1", "CET-200"}) {
    EXPECT_FALSE(ZoneRule::parse(wrong)) << wrong;
  }
}

/// The C library reads the same files by other code; each zone is asked in a process's only zone, one after the other.
TEST(TimeZone, AgreesWithTheCLibraryHourByHour) {
  for (const char* name : {"Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "America/Nuuk", "Etc/GMT+5"}) {
    auto zone = TimeZone::named(name);
    ASSERT_TRUE(zone) << zone.error().message;
    ::setenv("TZ", name, 1);
    ::tzset();
    for (const char* from : {"1969-12-01 00:00:00", "2026-01-01 00:00:00", "2037-06-01 00:00:00", "2100-01-01 00:00:00"}) {
      for (std::int64_t at = utc(from); at < utc(from) + 366 * 86400; at += 1800) {
        const std::time_t when = at;
        std::tm local{};
        ::localtime_r(&when, &local);
        ASSERT_EQ(zone->ahead_at(at), local.tm_gmtoff) << name << " at " << at;
      }
    }
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST(TimeZone, ByNameOffsetOrNeither) {
  EXPECT_EQ(TimeZone::named("UTC")->ahead_at(0), 0);
  EXPECT_EQ(TimeZone::named("+05:30")->ahead_at(0), 19800);
  EXPECT_EQ(TimeZone::named("-03:00")->ahead_at(0), -10800);
  EXPECT_TRUE(TimeZone::named("local"));
  for (const char* wrong : {"", "Europe/Berlni", "../../../etc/passwd", "/etc/localtime", "+25:00", "+1", "posix", "zone.tab"}) {
    const auto zone = TimeZone::named(wrong);
    ASSERT_FALSE(zone) << wrong;
    EXPECT_NE(zone.error().message.find("there is no time zone '" + std::string(wrong) + "'"), std::string::npos);
  }
}

TEST(TimeZone, BytesThatAreCutAreNone) {
  const std::string head = std::string("TZif2") + std::string(15, '\0');
  const auto number = [](unsigned value) { return std::string(3, '\0') + static_cast<char>(value); };
  const std::string none = head + number(0) + number(0) + number(0) + number(0) + number(0) + number(0);
  const std::string one = head + number(0) + number(0) + number(0) + number(1) + number(1) + number(4);
  const std::string whole = none + one + std::string("\0\0\0\0\x65\0\0\0", 8) + std::string(1, '\0') + std::string("\0\0\x0e\x10\0\0", 6) + std::string("CET\0", 4) + "\nCET-1\n";
  auto zone = TimeZone::parse(whole);
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->ahead_at(0), 3600);
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(TimeZone::parse(whole.substr(0, size))) << size;
  std::string wrong_kind = whole;
  wrong_kind[none.size() + one.size() + 8] = 1;
  EXPECT_FALSE(TimeZone::parse(wrong_kind));
}

}  // namespace
}  // namespace meshgate::ingest
