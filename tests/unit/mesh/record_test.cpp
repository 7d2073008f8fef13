#include "mesh/record.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace meshgate {
namespace {

/// Columns a, b, c; the key is c, then a.
Schema schema() {
  Schema out;
  out.fields = {{"a", Type::text, false, 2, ""}, {"b", Type::text, true, 0, ""}, {"c", Type::int64, false, 1, ""}};
  return out;
}

TEST(Key, FollowsTheOrderOfTheKeyNotOfTheColumns) {
  const std::vector<Value> values = {Value::of_text(Type::text, "x"), Value::none(), Value::of_int64(7)};
  std::string out = "before:";
  ASSERT_TRUE(append_key(out, schema(), values));
  EXPECT_EQ(out, "before:7,x");
}

TEST(Key, ErrorsNameTheColumn) {
  std::string out;
  const std::vector<Value> null = {Value::none(), Value::none(), Value::of_int64(7)};
  EXPECT_NE(append_key(out, schema(), null).error().message.find("column a is NULL"), std::string::npos);
  const std::vector<Value> empty = {Value::of_text(Type::text, ""), Value::none(), Value::of_int64(7)};
  EXPECT_NE(append_key(out, schema(), empty).error().message.find("column a is empty"), std::string::npos);
  const std::vector<Value> broken = {Value::of_text(Type::text, "\xff"), Value::none(), Value::of_int64(7)};
  EXPECT_NE(append_key(out, schema(), broken).error().message.find("column a: the text is not valid UTF-8"), std::string::npos);
  EXPECT_EQ(out, "");
}

TEST(Key, AStreamWithoutAKeyIsAMatterOfConfiguration) {
  Schema none;
  none.fields = {{"a", Type::text, true, 0, ""}};
  std::string out;
  const std::vector<Value> values = {Value::of_text(Type::text, "x")};
  EXPECT_EQ(append_key(out, none, values).error().code, Code::config);
}

TEST(Key, SplitsOnlyWhatWasJoined) {
  EXPECT_EQ(split_key("a,b%2C,c%25", 3), (std::vector<std::string>{"a", "b,", "c%"}));
  EXPECT_EQ(split_key("a,b%", 1), (std::vector<std::string>{"a,b%"}));
  for (const char* text : {"a,b", "a,b,c,d", "a,%,c", "a,%2c,c", "a,b,%2", "a,b,%", "a,%24,c"}) EXPECT_TRUE(split_key(text, 3).empty()) << text;
}

}  // namespace
}  // namespace meshgate
