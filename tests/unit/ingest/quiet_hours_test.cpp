#include "gateway/ingest/quiet_hours.hpp"

#include <gtest/gtest.h>

namespace meshgate::ingest {
namespace {

constexpr int kDay = 24 * 60;
constexpr int at(int day, int hour, int minute = 0) { return day * kDay + hour * 60 + minute; }
enum Days { Mon, Tue, Wed, Thu, Fri, Sat, Sun };

QuietHours hours(std::initializer_list<const char*> texts) {
  QuietHours out;
  for (const char* text : texts) {
    auto added = out.add(text);
    EXPECT_TRUE(added) << added.error().message;
  }
  return out;
}

TEST(QuietHours, OfSomeDays) {
  const auto quiet = hours({"Mon-Fri 08:00-18:00"});
  EXPECT_EQ(quiet.end_of(at(Mon, 7, 59)), std::nullopt);
  EXPECT_EQ(quiet.end_of(at(Mon, 8)), at(Mon, 18));
  EXPECT_EQ(quiet.end_of(at(Fri, 17, 59)), at(Fri, 18));
  EXPECT_EQ(quiet.end_of(at(Fri, 18)), std::nullopt);
  EXPECT_EQ(quiet.end_of(at(Sat, 12)), std::nullopt);
}

TEST(QuietHours, OverMidnightTheyBelongToTheDayOnWhichTheyBegin) {
  const auto quiet = hours({"Fri 22:00-06:00"});
  EXPECT_EQ(quiet.end_of(at(Fri, 5)), std::nullopt);
  EXPECT_EQ(quiet.end_of(at(Fri, 23)), at(Sat, 6));
  EXPECT_EQ(quiet.end_of(at(Sat, 5, 59)), at(Sat, 6));
  EXPECT_EQ(quiet.end_of(at(Sat, 22)), std::nullopt);
  EXPECT_EQ(hours({"Sun 22:00-06:00"}).end_of(at(Sun, 23)), at(Mon, 6)) << "over the week's end";
}

TEST(QuietHours, WithoutDaysEachDayWithoutHoursAllOfThem) {
  EXPECT_EQ(hours({"22:00-06:00"}).end_of(at(Mon, 3)), at(Mon, 6));
  EXPECT_EQ(hours({"Sat,Sun"}).end_of(at(Sat, 3)), at(Mon, 0));
  EXPECT_EQ(hours({"Sat-Mon"}).end_of(at(Sat, 3)), at(Tue, 0));
  EXPECT_EQ(hours({"Wed 00:00-24:00"}).end_of(at(Wed, 0)), at(Thu, 0));
}

TEST(QuietHours, SeveralThatTouchEndTogether) {
  const auto quiet = hours({"Mon-Fri 08:00-12:00", "Mon-Fri 12:00-18:00", "Fri 16:00-24:00", "Sat,Sun"});
  EXPECT_EQ(quiet.end_of(at(Mon, 9)), at(Mon, 18));
  EXPECT_EQ(quiet.end_of(at(Fri, 9)), at(Mon, 0));
  EXPECT_FALSE(quiet.always());
  EXPECT_TRUE(hours({"Mon-Sun"}).always());
  EXPECT_FALSE(QuietHours().any());
}

TEST(QuietHours, WhatIsNoneIsSaid) {
  for (const char* wrong : {"", "Mo 08:00-18:00", "Mon-Fri 8:00-18:00", "Mon-Fri 08:00", "08:00-08:00", "24:00-06:00", "08:00-24:01", "08:60-09:00", "Mon-", "Mon,,Tue",
                            "Mon-Fri 08:00-18:00 ", "08:00-18:00 Mon", "mon", "Mon  08:00-18:00"}) {
    QuietHours quiet;
    auto added = quiet.add(wrong);
    ASSERT_FALSE(added) << wrong;
    EXPECT_NE(added.error().message.find("are no quiet hours: write days, hours or both"), std::string::npos);
  }
}

TEST(QuietHours, AMinuteIsSaidWithItsDayWhereThatIsAnother) {
  EXPECT_EQ(minute_text(at(Mon, 18), at(Mon, 9)), "18:00");
  EXPECT_EQ(minute_text(at(Mon, 0), at(Fri, 9)), "Mon 00:00");
}

}  // namespace
}  // namespace meshgate::ingest
