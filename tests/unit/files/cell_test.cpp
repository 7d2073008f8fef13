#include "connectors/files/cell.hpp"

#include <gtest/gtest.h>

#include "connectors/files/folder.hpp"

namespace meshgate::files {

namespace {

using Form = Cell::Form;

/// What a cell becomes as a kind, in words; "-" where it cannot be had.
std::string as(Form form, std::string_view text, int32_t kind) {
  const std::string token = form == Form::quoted ? "\"" + std::string(text) + "\"" : std::string(text);
  const Cell cell{.name = "c", .form = form, .text = text, .token = token};
  mg_value value{};
  std::string storage;
  if (!convert(cell, kind, value, storage)) return "-";
  switch (value.kind) {
    case MG_NULL: return "null";
    case MG_UINT64: return std::to_string(value.u);
    case MG_FLOAT64: return std::to_string(value.f);
    case MG_DECIMAL:
    case MG_TEXT:
    case MG_UUID:
    case MG_JSON: return std::string(sdk::view(value.s));
    default: return std::to_string(value.i);
  }
}

}  // namespace

TEST(Cell, IntegersAreWholeOrRefused) {
  EXPECT_EQ(as(Form::text, "-9223372036854775808", MG_INT64), "-9223372036854775808");
  EXPECT_EQ(as(Form::text, "9223372036854775808", MG_INT64), "-");
  EXPECT_EQ(as(Form::number, "18446744073709551615", MG_UINT64), "18446744073709551615");
  EXPECT_EQ(as(Form::quoted, "42", MG_INT64), "42");
  for (const char* text : {"", "1.0", "1e2", "+1", " 1", "1 ", "0x1"}) EXPECT_EQ(as(Form::text, text, MG_INT64), "-") << text;
}

TEST(Cell, DecimalsKeepEveryDigit) {
  EXPECT_EQ(as(Form::text, "12345678901234567890.10", MG_DECIMAL), "12345678901234567890.10");
  EXPECT_EQ(as(Form::number, "1.5e-3", MG_DECIMAL), "0.0015");
  EXPECT_EQ(as(Form::number, "-1.25E2", MG_DECIMAL), "-125");
  EXPECT_EQ(as(Form::number, "12e3", MG_DECIMAL), "12000");
  EXPECT_EQ(as(Form::number, "1.234e1", MG_DECIMAL), "12.34");
  EXPECT_EQ(as(Form::number, "1e0", MG_DECIMAL), "1");
  for (const char* text : {"", "-", ".5", "1.", "1e", "1e9999", "NaN", "1,5"}) EXPECT_EQ(as(Form::text, text, MG_DECIMAL), "-") << text;
}

TEST(Cell, OtherKinds) {
  EXPECT_EQ(as(Form::boolean, "true", MG_BOOL), "1");
  EXPECT_EQ(as(Form::text, "f", MG_BOOL), "0");
  EXPECT_EQ(as(Form::text, "yes", MG_BOOL), "-");
  EXPECT_EQ(as(Form::text, "1e3", MG_FLOAT64), "1000.000000");
  EXPECT_EQ(as(Form::text, "inf", MG_FLOAT64), "-");
  EXPECT_EQ(as(Form::text, "1970-01-02", MG_DATE), "1");
  EXPECT_EQ(as(Form::text, "00112233-4455-6677-8899-aAbBcCdDeEfF", MG_UUID), std::string("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16));
  EXPECT_EQ(as(Form::text, "0011223-34455-6677-8899-aabbccddeeff0", MG_UUID), "-");
  EXPECT_EQ(as(Form::text, "\xff", MG_TEXT), "-");
  EXPECT_EQ(as(Form::null, "", MG_INT64), "null");
}

TEST(Cell, JsonKindsAreNotBent) {
  EXPECT_EQ(as(Form::number, "5", MG_TEXT), "-") << "5 is not \"5\"";
  EXPECT_EQ(as(Form::boolean, "true", MG_TEXT), "-");
  EXPECT_EQ(as(Form::quoted, "true", MG_BOOL), "-");
  EXPECT_EQ(as(Form::quoted, "a", MG_JSON), "\"a\"");
  EXPECT_EQ(as(Form::nested, "[1,2]", MG_JSON), "[1,2]");
  EXPECT_EQ(as(Form::nested, "[1,2]", MG_TEXT), "-");
}

TEST(Cell, InfersAndWidens) {
  const auto of = [](Form form, std::string_view text) { return infer({.form = form, .text = text, .token = text}); };
  EXPECT_EQ(of(Form::number, "5"), MG_INT64);
  EXPECT_EQ(of(Form::number, "9223372036854775808"), MG_DECIMAL);
  EXPECT_EQ(of(Form::number, "5.0"), MG_DECIMAL);
  EXPECT_EQ(of(Form::quoted, "5"), MG_TEXT);
  EXPECT_EQ(of(Form::null, ""), MG_NULL);
  EXPECT_EQ(widen(MG_INT64, MG_DECIMAL), MG_DECIMAL);
  EXPECT_EQ(widen(MG_NULL, MG_TEXT), MG_TEXT);
  EXPECT_EQ(widen(MG_TEXT, MG_NULL), MG_TEXT);
  EXPECT_EQ(widen(MG_TEXT, MG_INT64), MG_JSON);
}

TEST(Cell, KeyTextsTellKeysApart) {
  const auto key = [](std::initializer_list<mg_value> values) {
    std::string out;
    for (const mg_value& value : values) append_key_text(out, value);
    return out;
  };
  EXPECT_EQ(key({sdk::string_value(MG_DECIMAL, "007.50")}), key({sdk::string_value(MG_DECIMAL, "7.50")}));
  EXPECT_NE(key({sdk::string_value(MG_TEXT, "a"), sdk::string_value(MG_TEXT, "bc")}),
            key({sdk::string_value(MG_TEXT, "ab"), sdk::string_value(MG_TEXT, "c")}));
  EXPECT_NE(key({sdk::string_value(MG_TEXT, "1")}), key({sdk::int64_value(1)}));
}

TEST(Folder, Patterns) {
  for (const char* pattern : {"orders-1.csv", "*", "*.csv", "orders-?.csv", "o*-*.csv", "**1*", "orders-1.csv*"}) EXPECT_TRUE(matches("orders-1.csv", pattern)) << pattern;
  for (const char* pattern : {"", "orders", "*.jsonl", "orders-??.csv", "?", "rders-1.csv", "*x*"}) EXPECT_FALSE(matches("orders-1.csv", pattern)) << pattern;
  EXPECT_TRUE(matches("", "*"));
}

}  // namespace meshgate::files
