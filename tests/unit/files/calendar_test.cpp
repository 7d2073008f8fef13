#include "connectors/files/calendar.hpp"

#include <gtest/gtest.h>

#include "mesh/time.hpp"

namespace meshgate::files {

TEST(Calendar, AgreesWithMesh) {
  for (const char* text : {"1970-01-01T00:00:00", "2026-01-05T10:15:09.123456", "0001-01-01T00:00:00", "9999-12-31T23:59:59.999999",
                           "2024-02-29 12:00:00.5", "1969-12-31T23:59:59"}) {
    const auto expected = meshgate::parse_timestamp(text);
    ASSERT_TRUE(expected) << text;
    EXPECT_EQ(parse_timestamp(text), expected->count) << text;
    EXPECT_EQ(parse_date(std::string_view(text).substr(0, 10)), meshgate::parse_date(std::string_view(text).substr(0, 10)));
  }
}

TEST(Calendar, RefusesWhatIsNoTime) {
  for (const char* text : {"", "2026-02-29T00:00:00", "2026-13-01T00:00:00", "0000-01-01T00:00:00", "2026-01-05T24:00:00", "2026-01-05T10:60:00",
                           "2026-01-05T10:15:60", "2026-01-05T10:15:09.", "2026-01-05T10:15:09.1234567", "2026-01-05T10:15:09Z",
                           "2026-1-5T10:15:09", "2026-01-05 10:15", "+026-01-05T10:15:09"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Calendar, Zones) {
  const auto utc = parse_timestamp("2026-01-05T10:15:09.5");
  ASSERT_TRUE(utc);
  EXPECT_EQ(parse_timestamptz("2026-01-05T10:15:09.5Z"), utc);
  EXPECT_EQ(parse_timestamptz("2026-01-05T11:15:09.5+01:00"), utc);
  EXPECT_EQ(parse_timestamptz("2026-01-05T04:45:09.5-0530"), utc);
  EXPECT_EQ(parse_timestamptz("2026-01-05 11:15:09.5+01"), utc);
  for (const char* text : {"2026-01-05T10:15:09", "2026-01-05T10:15:09z", "2026-01-05T10:15:09+1:00", "2026-01-05T10:15:09+01:60", "Z", "-01:00"}) {
    EXPECT_FALSE(parse_timestamptz(text)) << text;
  }
}

}  // namespace meshgate::files
