#include <gtest/gtest.h>

#include <limits>

#include "connectors/kafka/format/calendar.hpp"
#include "connectors/kafka/format/decimal.hpp"
#include "connectors/kafka/format/fit.hpp"
#include "connectors/kafka/format/json_text.hpp"
#include "connectors/kafka/format/meaning.hpp"
#include "mesh/time.hpp"
#include "mesh/value.hpp"

namespace meshgate::kafka::format {

namespace {

std::string unscaled(std::string_view bytes, int64_t scale) {
  std::string out;
  const char* why = append_unscaled(out, bytes, scale);
  return why == nullptr ? out : why;
}

std::string plain(std::string_view number) {
  std::string out;
  return append_plain_number(out, number) ? out : "-";
}

std::string as_json(const mg_value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string number(Meaning meaning, int64_t count) {
  mg_value value{};
  if (const char* why = number_value(meaning, count, value)) return why;
  std::string out;
  append_text(out, value);
  return out;
}

std::string fitted(const mg_value& value, int32_t kind) {
  mg_value out{};
  std::string storage;
  if (!fit({.name = "f", .kind = value.kind, .value = value}, kind, out, storage)) return "-";
  EXPECT_TRUE(out.kind == kind || out.kind == MG_NULL);
  return as_json(out);
}

}  // namespace

TEST(Decimal, KeepsEveryDigit) {
  EXPECT_EQ(unscaled("", 0), "0");
  EXPECT_EQ(unscaled(std::string(1, '\0'), 3), "0.000");
  EXPECT_EQ(unscaled("\x04\xD2", 2), "12.34");
  EXPECT_EQ(unscaled("\xFF", 2), "-0.01");
  EXPECT_EQ(unscaled("\x80", 0), "-128");
  EXPECT_EQ(unscaled(std::string("\x00\x80", 2), 0), "128");
  EXPECT_EQ(unscaled("\x7B", -3), "123000");
  EXPECT_EQ(unscaled(std::string(1, '\0'), -3), "0");
  EXPECT_EQ(unscaled("\x80" + std::string(15, '\0'), 0), "-170141183460469231731687303715884105728");
  EXPECT_EQ(unscaled("\x7F" + std::string(15, '\xFF'), 38), "1.70141183460469231731687303715884105727");
  EXPECT_EQ(unscaled(std::string(1025, '\1'), 0), "a decimal of more than 1024 bytes");
  EXPECT_EQ(unscaled("\1", 4097), "a scale beyond 4096");
}

TEST(Decimal, OfJsonNumbersLosesOnlyTheExponent) {
  EXPECT_EQ(plain("12.50"), "12.50");
  EXPECT_EQ(plain("-0.0"), "0.0");
  EXPECT_EQ(plain("1.5e-3"), "0.0015");
  EXPECT_EQ(plain("-1.25E+3"), "-1250");
  EXPECT_EQ(plain("007"), "7");
  EXPECT_EQ(plain("0e5"), "0");
  EXPECT_EQ(plain("123456789012345678901234567890.123456789"), "123456789012345678901234567890.123456789");
  for (const char* no : {"", "-", ".", "1.", ".5", "1e", "1e5000", "0x1", "1 ", "NaN", "1e+-3"}) EXPECT_EQ(plain(no), "-") << no;
}

TEST(Calendar, AgreesWithMesh) {
  for (const char* text : {"1970-01-01T00:00:00.000000", "2026-01-05T10:15:09.123456", "0001-01-01T00:00:00.000000", "9999-12-31T23:59:59.999999",
                           "2024-02-29T12:00:00.500000", "1969-12-31T23:59:59.000001"}) {
    const auto count = parse_timestamp(text);
    ASSERT_TRUE(count) << text;
    EXPECT_EQ(*count, meshgate::parse_timestamp(text)->count);
    std::string again;
    append_timestamp(again, *count);
    EXPECT_EQ(again, text);
  }
  EXPECT_EQ(parse_timestamp("2026-01-05T10:15"), parse_timestamp("2026-01-05 10:15:00.000000000"));
  for (const char* text : {"", "2026-02-29T00:00:00", "0000-01-01T00:00:00", "2026-01-05T24:00:00", "2026-01-05T10:15:09.", "2026-01-05T10:15:09.0000001",
                           "2026-01-05T10:15:09.0000000000", "2026-1-5T10:15:09", "10000-01-01T00:00:00"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Calendar, Zones) {
  const auto utc = parse_timestamp("2026-01-05T10:15:09.5");
  for (const char* text : {"2026-01-05T10:15:09.5Z", "2026-01-05T11:15:09.5+01:00", "2026-01-05T04:45:09.500-0530", "2026-01-05 11:15:09.5+01"}) {
    EXPECT_EQ(parse_timestamptz(text), utc) << text;
  }
  for (const char* text : {"2026-01-05T10:15:09", "2026-01-05T10:15:09+1:00", "2026-01-05T10:15:09+01:60", "Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"}) {
    EXPECT_FALSE(parse_timestamptz(text)) << text;
  }
}

TEST(Meaning, CountsBecomeDatesAndTimesOrAReason) {
  EXPECT_EQ(number(Meaning::date, -719162), "0001-01-01");
  EXPECT_EQ(number(Meaning::date, 2932896), "9999-12-31");
  EXPECT_EQ(number(Meaning::date, 2932897), "a date outside the years 1 to 9999");
  EXPECT_EQ(number(Meaning::time_millis, 86399999), "23:59:59.999000");
  EXPECT_EQ(number(Meaning::time_millis, 86400000), "not a time of a day");
  EXPECT_EQ(number(Meaning::time_micros, -1), "not a time of a day");
  EXPECT_EQ(number(Meaning::time_nanos, 1000), "00:00:00.000001");
  EXPECT_EQ(number(Meaning::time_nanos, 1001), "finer than a microsecond");
  EXPECT_EQ(number(Meaning::local_millis, -1), "1969-12-31T23:59:59.999000");
  EXPECT_EQ(number(Meaning::instant_micros, 1), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(number(Meaning::instant_nanos, -1000), "1969-12-31T23:59:59.999999Z");
  for (const Meaning each : {Meaning::local_millis, Meaning::instant_micros, Meaning::instant_millis, Meaning::date}) {
    EXPECT_EQ(number(each, std::numeric_limits<int64_t>::max()), "a date outside the years 1 to 9999");
    EXPECT_EQ(number(each, std::numeric_limits<int64_t>::min()), "a date outside the years 1 to 9999");
  }
}

TEST(JsonText, IsThatOfMesh) {
  const auto same = [](const mg_value& value, const Value& mesh) {
    std::string expected;
    ASSERT_EQ(append_json(expected, mesh), Exact::exact);
    EXPECT_EQ(as_json(value), expected);
  };
  for (const double real : {0.0, -0.0, 1.0, 0.1, 1e20, 1e21, 1e-6, 1e-7, 123456.789, -5e-324, 1.7976931348623157e308, 100.0, 12345678901234567890.0}) {
    same(sdk::float_value(MG_FLOAT64, real), Value::of_float64(real));
  }
  for (const float real : {0.1F, 16777216.0F, 3.4e38F, 1e-10F}) same(sdk::float_value(MG_FLOAT32, real), Value::of_float32(real));
  for (const int64_t whole : {int64_t{0}, int64_t{-1}, (int64_t{1} << 53) - 1, int64_t{1} << 53, -(int64_t{1} << 53), std::numeric_limits<int64_t>::min()}) {
    same(sdk::int64_value(whole), Value::of_int64(whole));
  }
  same(sdk::uint64_value(~uint64_t{0}), Value::of_uint64(~uint64_t{0}));
  std::string all;
  for (char c = 1; c < 127; ++c) all += c;
  same(sdk::string_value(MG_TEXT, all + "Zoë 🙂"), Value::of_text(Type::text, all + "Zoë 🙂"));
  for (size_t size = 0; size < 5; ++size) {
    const std::string bytes = std::string("\xFF\x00\x10\x80", 4).substr(0, size);
    same(sdk::string_value(MG_BYTES, bytes), Value::of_text(Type::bytes, bytes));
    std::string text;
    append_base64(text, bytes);
    EXPECT_EQ(decode_base64(text), bytes);
  }
  same(sdk::string_value(MG_UUID, "0123456789abcdef"), Value::of_text(Type::uuid, "0123456789abcdef"));
  same(sdk::string_value(MG_DECIMAL, "-1.50"), Value::of_text(Type::decimal, "-1.50"));
  same(sdk::bool_value(true), Value::of_bool(true));
  EXPECT_EQ(as_json(sdk::null_value()), "null");
  for (const char* no : {"A", "AB=C", "AB==CD==", "A===", "AB!=", "AR=="}) EXPECT_FALSE(decode_base64(no)) << no;
}

TEST(Fit, ConvertsOnlyWhatStaysTheSame) {
  EXPECT_EQ(fitted(sdk::int64_value(-7), MG_DECIMAL), "\"-7\"");
  EXPECT_EQ(fitted(sdk::int64_value(-7), MG_UINT64), "-");
  EXPECT_EQ(fitted(sdk::int64_value(7), MG_UINT64), "7");
  EXPECT_EQ(fitted(sdk::uint64_value(~uint64_t{0}), MG_INT64), "-");
  EXPECT_EQ(fitted(sdk::string_value(MG_DECIMAL, "12"), MG_INT64), "12");
  EXPECT_EQ(fitted(sdk::string_value(MG_DECIMAL, "12.0"), MG_INT64), "-");
  EXPECT_EQ(fitted(sdk::float_value(MG_FLOAT32, 0.5), MG_FLOAT64), "0.5");
  EXPECT_EQ(fitted(sdk::float_value(MG_FLOAT64, 0.5), MG_FLOAT32), "-");
  EXPECT_EQ(fitted(sdk::string_value(MG_TEXT, "a\"b"), MG_JSON), "\"a\\\"b\"");
  EXPECT_EQ(fitted(sdk::bool_value(true), MG_JSON), "true");
  EXPECT_EQ(fitted(sdk::bool_value(true), MG_TEXT), "-");
  EXPECT_EQ(fitted(sdk::string_value(MG_TEXT, "12"), MG_INT64), "-");
  EXPECT_EQ(fitted(sdk::null_value(), MG_INT64), "null");
}

}  // namespace meshgate::kafka::format
