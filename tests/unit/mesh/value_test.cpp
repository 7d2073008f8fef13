#include "mesh/value.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include "mesh/time.hpp"

namespace meshgate {
namespace {

std::string json(const Value& value) {
  std::string out;
  EXPECT_EQ(append_json(out, value), Exact::exact);
  return out;
}

std::string plain(const Value& value) {
  std::string out;
  EXPECT_EQ(append_text(out, value), Exact::exact);
  return out;
}

Exact refused(const Value& value) {
  std::string out = "x";
  const Exact verdict = append_json(out, value);
  EXPECT_EQ(out, "x");
  EXPECT_EQ(append_text(out, value), verdict);
  EXPECT_EQ(out, "x");
  return verdict;
}

TEST(Value, TypesHaveNamesAndComeBack) {
  for (unsigned i = 0; i < 14; ++i) {
    const auto type = static_cast<Type>(i);
    EXPECT_EQ(type_named(name(type)), type);
  }
  EXPECT_EQ(name(Type::boolean), "bool");
  EXPECT_EQ(name(Type::json), "json");
  for (const char* text : {"", "int", "INT64", "boolean", "int64 "}) EXPECT_FALSE(type_named(text)) << text;
}

TEST(Value, NullHasNoText) {
  EXPECT_TRUE(Value::none().null);
  EXPECT_EQ(plain(Value::none()), "");
}

TEST(Value, IntegersBeyondWhatADoubleHoldsAreStrings) {
  EXPECT_EQ(json(Value::of_int64(9007199254740991)), "9007199254740991");
  EXPECT_EQ(json(Value::of_int64(9007199254740992)), "\"9007199254740992\"");
  EXPECT_EQ(json(Value::of_int64(-9007199254740992)), "\"-9007199254740992\"");
  EXPECT_EQ(json(Value::of_uint64(9007199254740992)), "\"9007199254740992\"");
  EXPECT_EQ(plain(Value::of_uint64(UINT64_MAX)), "18446744073709551615");
}

TEST(Value, FloatsHaveTheShortestTextThatComesBack) {
  std::mt19937_64 random(20260105);
  for (int i = 0; i < 20000; ++i) {
    const auto real = std::bit_cast<double>(random());
    const auto small = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    std::string out;
    if (std::isfinite(real)) {
      append_float64(out, real);
      ASSERT_EQ(std::strtod(out.c_str(), nullptr), real) << out;
    }
    out.clear();
    if (std::isfinite(small)) {
      append_float32(out, small);
      ASSERT_EQ(std::strtof(out.c_str(), nullptr), small) << out;
    }
  }
}

TEST(Value, AFloatIsNotADouble) {
  EXPECT_EQ(json(Value::of_float32(0.1F)), "0.1");
  EXPECT_EQ(json(Value::of_float64(0.1F)), "0.10000000149011612");
}

TEST(Value, WhatIsNoFloatIsRefused) {
  Value value = Value::of_float32(1.0F);
  for (const double real : {0.1, 1e300, -1e39, 1e-320, static_cast<double>(FLT_MAX) * 1.0000001}) {
    value.real = real;
    EXPECT_EQ(refused(value), Exact::not_float32) << real;
  }
  value.real = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refused(value), Exact::not_finite);
}

TEST(Value, DecimalsKeepTheirScale) {
  const auto decimal = [](std::string_view text) { return plain(Value::of_text(Type::decimal, text)); };
  EXPECT_EQ(decimal("12.50"), "12.50");
  EXPECT_EQ(decimal("-0.00"), "0.00");
  EXPECT_EQ(decimal("+007"), "7");
  EXPECT_EQ(decimal(".50"), "0.50");
  EXPECT_EQ(decimal("5."), "5");
  EXPECT_EQ(json(Value::of_text(Type::decimal, "1")), "\"1\"");
  EXPECT_EQ(refused(Value::of_text(Type::decimal, "1e5")), Exact::bad_decimal);
}

TEST(Value, RefusedDecimalsLeaveNothingBehind) {
  std::string out = "x";
  for (const char* text : {"", "-", ".", "1a", "1.2.3", "-.", "1 "}) EXPECT_FALSE(append_decimal(out, text)) << text;
  EXPECT_EQ(out, "x");
}

TEST(Value, StringsEscapeNoMoreThanTheyMust) {
  EXPECT_EQ(json(Value::of_text(Type::text, "a/b<c>'é😀\x7f")), "\"a/b<c>'é😀\x7f\"");
  EXPECT_EQ(json(Value::of_text(Type::text, "\"\\\b\t\n\f\r\x01\x1f")), R"("\"\\\b\t\n\f\r\u0001\u001f")");
  EXPECT_EQ(json(Value::of_text(Type::text, std::string_view("\0", 1))), R"("\u0000")");
  EXPECT_EQ(plain(Value::of_text(Type::text, "\"\\\n")), "\"\\\n");
}

TEST(Value, TimesOutsideFourDigitYearsAreRefused) {
  EXPECT_EQ(refused(Value::of_count(Type::date, kFirstDay - 1)), Exact::out_of_range);
  EXPECT_EQ(refused(Value::of_count(Type::time, kMicrosPerDay)), Exact::out_of_range);
  EXPECT_EQ(refused(Value::of_count(Type::timestamp, INT64_MAX)), Exact::out_of_range);
  EXPECT_EQ(refused(Value::of_count(Type::timestamptz, INT64_MIN)), Exact::out_of_range);
  EXPECT_EQ(json(Value::of_count(Type::timestamptz, 0)), "\"1970-01-01T00:00:00.000000Z\"");
  EXPECT_EQ(json(Value::of_count(Type::timestamp, 0)), "\"1970-01-01T00:00:00.000000\"");
}

TEST(Value, ParsesOnlyTheTextsOfItsType) {
  std::string storage;
  const auto no = [&](Type type, std::string_view text) { return !parse_text(type, text, storage).has_value(); };
  EXPECT_TRUE(no(Type::boolean, "1") && no(Type::boolean, "True") && no(Type::boolean, ""));
  EXPECT_TRUE(no(Type::int64, "9223372036854775808") && no(Type::int64, "") && no(Type::int64, "+1") && no(Type::int64, "1 ") && no(Type::int64, "1.0"));
  EXPECT_TRUE(no(Type::uint64, "-1") && no(Type::uint64, "18446744073709551616"));
  EXPECT_TRUE(no(Type::float64, "nan") && no(Type::float64, "inf") && no(Type::float64, "-infinity") && no(Type::float64, "1e400") && no(Type::float64, ""));
  EXPECT_TRUE(no(Type::float32, "1e39") && no(Type::float32, "NaN"));
  EXPECT_TRUE(no(Type::timestamptz, "2026-01-05T10:15:09") && no(Type::timestamp, "2026-01-05T10:15:09Z") && no(Type::timestamptz, ""));
  EXPECT_TRUE(no(Type::uuid, "0123456789abcdef0123456789abcdef") && no(Type::uuid, "01234567-89ab-cdef-0123-456789abcdeg") && no(Type::uuid, "01234567089ab-cdef-0123-456789abcdef"));
  EXPECT_TRUE(no(Type::bytes, "A") && no(Type::bytes, "AA=A") && no(Type::bytes, "AB==") && no(Type::bytes, "AAE=AAAA") && no(Type::bytes, "====") && no(Type::bytes, "AA_A"));
}

TEST(Value, UuidsInCapitalsAreTheSame) {
  std::string storage;
  const auto value = parse_text(Type::uuid, "01234567-89AB-CDEF-0123-456789ABCDEF", storage);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(plain(*value), "01234567-89ab-cdef-0123-456789abcdef");
}

TEST(Value, Base64ComesBackAtEveryLength) {
  std::mt19937 random(7);
  std::string bytes;
  for (int size = 0; size < 70; ++size) {
    std::string text;
    append_base64(text, bytes);
    EXPECT_EQ(text.size() % 4, 0U);
    EXPECT_EQ(decode_base64(text), bytes);
    bytes += static_cast<char>(random());
  }
}

TEST(Value, KnowsUtf8) {
  EXPECT_TRUE(valid_utf8(""));
  EXPECT_TRUE(valid_utf8({}));
  EXPECT_TRUE(valid_utf8("é😀"));
  EXPECT_FALSE(valid_utf8("\xff"));
  EXPECT_EQ(mended_utf8("é😀"), "é😀");
  EXPECT_EQ(mended_utf8("caf\xe9 ü\xc3"), "caf\xEF\xBF\xBD ü\xEF\xBF\xBD");
  EXPECT_FALSE(valid_utf8("\xed\xa0\x80"));
}

}  // namespace
}  // namespace meshgate
