#include "mapping/casts.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace meshgate::mapping {
namespace {

/// The canonical text of a value after its cast, or the fault in brackets.
std::string made(Value value, Type to) {
  EXPECT_TRUE(castable(value.type, to));
  std::string scratch;
  const std::string_view fault = cast(value, to, scratch);
  if (!fault.empty()) return "[" + std::string(fault) + "]";
  EXPECT_EQ(value.type, to);
  std::string out;
  EXPECT_EQ(append_text(out, value), Exact::exact);
  return out;
}

bool refused(Value value, Type to) { return made(value, to).starts_with('['); }

TEST(Cast, WholeNumbers) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(made(Value::of_int64(kLeast), Type::decimal), "-9223372036854775808");
  EXPECT_EQ(made(Value::of_int64(kLeast), Type::text), "-9223372036854775808");
  EXPECT_EQ(made(Value::of_uint64(kMost), Type::decimal), "18446744073709551615");
  EXPECT_EQ(made(Value::of_int64(7), Type::uint64), "7");
  EXPECT_TRUE(refused(Value::of_int64(-7), Type::uint64));
  EXPECT_TRUE(refused(Value::of_uint64(kMost), Type::int64));
  EXPECT_EQ(made(Value::of_int64(-(std::int64_t{1} << 53)), Type::float64), "-9007199254740992");
  EXPECT_TRUE(refused(Value::of_int64((std::int64_t{1} << 53) + 1), Type::float64));
  EXPECT_TRUE(refused(Value::of_int64(kLeast), Type::float64));
  EXPECT_EQ(made(Value::of_int64(1), Type::boolean), "true");
  EXPECT_TRUE(refused(Value::of_int64(2), Type::boolean));
  EXPECT_TRUE(refused(Value::of_int64(-1), Type::boolean));
}

TEST(Cast, Decimals) {
  const auto decimal = [](std::string_view text) { return Value::of_text(Type::decimal, text); };
  EXPECT_EQ(made(decimal("12.00"), Type::int64), "12");
  EXPECT_EQ(made(decimal("-0.0"), Type::int64), "0");
  EXPECT_EQ(made(decimal("0012"), Type::int64), "12");
  EXPECT_EQ(made(decimal("-9223372036854775808"), Type::int64), "-9223372036854775808");
  EXPECT_TRUE(refused(decimal("-9223372036854775809"), Type::int64));
  EXPECT_TRUE(refused(decimal("-1"), Type::uint64));
  EXPECT_TRUE(refused(decimal("0.01"), Type::int64));
  EXPECT_TRUE(refused(decimal("1e3"), Type::int64));
}

TEST(Cast, Floats) {
  EXPECT_EQ(made(Value::of_float64(12), Type::int64), "12");
  EXPECT_EQ(made(Value::of_float64(-0.0), Type::int64), "0");
  for (const double odd : {0.5, 1e300, -1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(refused(Value::of_float64(odd), Type::int64)) << odd;
  }
  EXPECT_TRUE(refused(Value::of_float64(-1), Type::uint64));
  EXPECT_EQ(made(Value::of_float32(0.5F), Type::float64), "0.5");
  EXPECT_EQ(made(Value::of_float64(0.1), Type::text), "0.1");
}

TEST(Cast, Texts) {
  const auto text = [](std::string_view bytes) { return Value::of_text(Type::text, bytes); };
  EXPECT_EQ(made(text("2026-01-05"), Type::date), "2026-01-05");
  EXPECT_EQ(made(text("00112233-4455-6677-8899-AABBCCDDEEFF"), Type::uuid), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(made(text("{ \"a\": 1 }"), Type::json), "{\"a\":1}");
  EXPECT_EQ(made(text("true"), Type::boolean), "true");
  EXPECT_TRUE(refused(text("1"), Type::boolean));
  EXPECT_TRUE(refused(text("2026-02-30"), Type::date));
  EXPECT_TRUE(refused(text("42 "), Type::int64));
  EXPECT_EQ(made(Value::of_text(Type::bytes, "0123456789abcdef"), Type::uuid), "30313233-3435-3637-3839-616263646566");
  EXPECT_TRUE(refused(Value::of_text(Type::bytes, "short"), Type::uuid));
}

TEST(Cast, Dates) {
  EXPECT_EQ(made(Value::of_count(Type::date, -1), Type::timestamp), "1969-12-31T00:00:00.000000");
  EXPECT_EQ(made(Value::of_count(Type::timestamp, -86400000000), Type::date), "1969-12-31");
  EXPECT_TRUE(refused(Value::of_count(Type::timestamp, -1), Type::date));
  EXPECT_TRUE(refused(Value::of_count(Type::date, std::numeric_limits<std::int64_t>::max()), Type::timestamp));
}

TEST(Cast, WhatWouldLoseIsRefusedAtLoad) {
  EXPECT_FALSE(castable(Type::decimal, Type::float64));
  EXPECT_FALSE(castable(Type::text, Type::float64));
  EXPECT_FALSE(castable(Type::float64, Type::float32));
  EXPECT_FALSE(castable(Type::timestamptz, Type::date));
  EXPECT_FALSE(castable(Type::timestamptz, Type::timestamp));
  EXPECT_FALSE(castable(Type::timestamp, Type::timestamptz));
  EXPECT_EQ(type_names().size(), 14U);
}

}  // namespace
}  // namespace meshgate::mapping
