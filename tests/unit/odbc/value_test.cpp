#include "connectors/odbc/value.hpp"

#include <gtest/gtest.h>

namespace meshgate::odbc {

TEST(Value, DatesOfTheYears1To9999) {
  EXPECT_EQ(parse_date("1970-01-01"), 0);
  EXPECT_EQ(parse_date("0001-01-01"), -719162);
  EXPECT_EQ(parse_date("9999-12-31"), 2932896);
  for (const char* wrong : {"", "0000-01-01", "2026-02-29", "2026-13-01", "10000-01-01", "2026-1-05", "infinity", "2026-01-05 BC"}) EXPECT_FALSE(parse_date(wrong)) << wrong;
}

TEST(Value, TimesOfOneDay) {
  EXPECT_EQ(parse_time("00:00:00"), 0);
  EXPECT_EQ(parse_time("23:59:59.999999"), 86399999999);
  EXPECT_EQ(parse_time("10:00:00.5"), 36000500000);
  EXPECT_EQ(parse_time("10:00:00.123456000"), 36000123456);
  for (const char* wrong : {"24:00:00", "10:00", "10:00:60", "-01:00:00", "100:00:00", "10:00:00.", "10:00:00.1234567", "10:00:00.x"}) EXPECT_FALSE(parse_time(wrong)) << wrong;
}

TEST(Value, MomentsNeedTheirZoneAndOthersMustHaveNone) {
  EXPECT_EQ(parse_timestamp("2026-01-05 10:15:09.123456", false), 1767608109123456);
  EXPECT_EQ(parse_timestamp("2026-01-05T10:15:09.123456Z", true), 1767608109123456);
  EXPECT_EQ(parse_timestamp("2026-01-05 12:15:09.123456+02", true), 1767608109123456);
  EXPECT_EQ(parse_timestamp("2026-01-05 06:45:09.123456-03:30", true), 1767608109123456);
  EXPECT_FALSE(parse_timestamp("2026-01-05 10:15:09", true));
  EXPECT_FALSE(parse_timestamp("2026-01-05 10:15:09Z", false));
  EXPECT_FALSE(parse_timestamp("0001-01-01 00:00:00+02", true)) << "before the year 1";
  EXPECT_FALSE(parse_timestamp("infinity", true));
}

TEST(Value, TextOfMomentsReadsBack) {
  for (const std::int64_t micros : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1767608109123456}, std::int64_t{-62135596800000000}, std::int64_t{253402300799999999}}) {
    EXPECT_EQ(parse_timestamp(timestamp_text(micros), false), micros);
  }
}

TEST(Value, DecimalsThatSqliteKeepsAsDoubles) {
  Column column{.name = "v", .native = "DECIMAL(12,2)", .type = MG_DECIMAL, .carry = Carry::ascii, .scale = 2};
  const auto decoded = [&](std::string_view text) {
    std::string storage;
    std::string why;
    mg_value value{};
    return decode(column, Engine::sqlite, {false, text}, storage, value, why) ? std::string(value.s.data, value.s.size) : "!" + why;
  };
  EXPECT_EQ(decoded("12.5"), "12.50");
  EXPECT_EQ(decoded("0.07000000000000000666"), "0.07");
  EXPECT_EQ(decoded("12"), "12.00");
  EXPECT_EQ(decoded("12.345"), "!column v: '12.345' is no exact value of type DECIMAL(12,2)");
  EXPECT_EQ(decoded("1e300").front(), '!');
}

TEST(Value, KeysBecomeText) {
  mg_value value{};
  value.kind = MG_UUID;
  const std::string bytes("\xa0\xee\xbc\x99\x9c\x0b\x4e\xf8\xbb\x6d\x6b\xb9\xbd\x38\x0a\x11", 16);
  value.s = {bytes.data(), bytes.size()};
  EXPECT_EQ(parameter_text(Column{.type = MG_UUID}, Engine::postgresql, value), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  value = {};
  value.kind = MG_TIMESTAMPTZ;
  EXPECT_EQ(parameter_text(Column{.type = MG_TIMESTAMPTZ}, Engine::postgresql, value), "1970-01-01 00:00:00.000000+00");
}

TEST(Value, TextThatIsNotUtf8IsAFaultAndNoKey) {
  const Column column{.name = "v", .native = "TEXT", .type = MG_TEXT, .carry = Carry::text};
  std::string storage;
  std::string why;
  mg_value value{};
  EXPECT_FALSE(decode(column, Engine::sqlite, {false, "A\xFF" "B"}, storage, value, why));
  EXPECT_EQ(why, "column v: 'A\xEF\xBF\xBD" "B' is not valid UTF-8");
  EXPECT_EQ(value.kind, MG_NULL);
  std::string key;
  EXPECT_FALSE(parameter_text(column, {false, "A\xFF" "B"}, key));
  EXPECT_FALSE(parameter_text(column, {}, key));
  EXPECT_TRUE(parameter_text(column, {false, ""}, key));
}

TEST(Value, ShownTextIsShortAndWhole) {
  const std::string text = std::string(199, 'x') + "\xE2\x82\xAC";
  EXPECT_EQ(shown(Column{}, {false, text}), "'" + std::string(199, 'x') + "…'");
}

}  // namespace meshgate::odbc
