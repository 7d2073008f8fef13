#include "mesh/schema.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

Schema orders() {
  Schema out;
  out.version = 3;
  out.fields = {{"line", Type::int64, false, 2, "integer"}, {"order", Type::text, false, 1, "varchar(20)"}, {"total", Type::decimal, true, 0, "numeric(12,2)"}};
  return out;
}

TEST(Schema, FindsFieldsByName) {
  const Schema schema = orders();
  ASSERT_NE(schema.find("total"), nullptr);
  EXPECT_EQ(schema.find("total")->type, Type::decimal);
  EXPECT_EQ(schema.find("Total"), nullptr);
  EXPECT_EQ(schema.find(""), nullptr);
}

TEST(Schema, TheKeyIsInKeyOrder) {
  EXPECT_EQ(orders().key(), (std::vector<std::size_t>{1, 0}));
  EXPECT_TRUE(Schema{}.key().empty());
}

TEST(Schema, ShapeIsNamesTypesNullabilityAndKey) {
  Schema other = orders();
  other.version = 9;
  other.fields[2].native = "money";
  EXPECT_TRUE(orders().same_shape(other));
  const auto differs = [](auto change) {
    Schema changed = orders();
    change(changed);
    return !orders().same_shape(changed) && !changed.same_shape(orders());
  };
  EXPECT_TRUE(differs([](Schema& s) { s.fields[2].name = "sum"; }));
  EXPECT_TRUE(differs([](Schema& s) { s.fields[2].type = Type::text; }));
  EXPECT_TRUE(differs([](Schema& s) { s.fields[2].nullable = false; }));
  EXPECT_TRUE(differs([](Schema& s) { s.fields[2].key = 3; }));
  EXPECT_TRUE(differs([](Schema& s) { s.fields.pop_back(); }));
  EXPECT_TRUE(differs([](Schema& s) { std::swap(s.fields[0], s.fields[1]); }));
}

TEST(Schema, NativeNamesAreNotPublished) {
  std::string json;
  append_json(json, orders());
  EXPECT_EQ(json.find("numeric"), std::string::npos);
  const auto back = parse_schema(json);
  ASSERT_TRUE(back.has_value());
  EXPECT_TRUE(back->same_shape(orders()));
  EXPECT_EQ(back->version, 3U);
}

TEST(Schema, UnknownMembersAreIgnored) {
  const auto schema = parse_schema(R"({"later":{},"version":1,"fields":[{"unit":"m","name":"a","type":"int64","nullable":true}]})");
  ASSERT_TRUE(schema.has_value());
  EXPECT_EQ(schema->fields.size(), 1U);
}

}  // namespace
}  // namespace meshgate
