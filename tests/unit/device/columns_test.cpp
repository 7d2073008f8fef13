#include "gateway/device/columns.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "gateway/device/feed_table.hpp"
#include "gateway/device/sqlite.hpp"
#include "mesh/item.hpp"

namespace meshgate::device {
namespace {

const std::vector<Type> kAllTypes = {Type::boolean,   Type::int64,       Type::uint64, Type::float32, Type::float64,
                                     Type::decimal,   Type::text,        Type::bytes,  Type::date,    Type::time,
                                     Type::timestamp, Type::timestamptz, Type::uuid,   Type::json};

Columns one_of_each() {
  std::vector<Column> all;
  for (const Type type : kAllTypes) all.push_back({std::string(name(type)), std::string(name(type)), type});
  return Columns(std::move(all));
}

struct Case {
  Type type;
  std::string token;   ///< canonical JSON
  std::string stored;  ///< what SQLite's typeof() and quote() say of the column
};

std::string real_token(double value) {
  std::string out;
  append_float64(out, value);
  return out;
}
std::string narrow_token(float value) {
  std::string out;
  append_float32(out, value);
  return out;
}

std::vector<Case> extremes() {
  using Wide = std::numeric_limits<double>;
  using Narrow = std::numeric_limits<float>;
  return {
      {Type::boolean, "true", "integer"},
      {Type::boolean, "false", "integer"},
      {Type::int64, "0", "integer"},
      {Type::int64, "-1", "integer"},
      {Type::int64, "9007199254740991", "integer"},
      {Type::int64, "\"9007199254740992\"", "integer"},
      {Type::int64, "\"9223372036854775807\"", "integer"},
      {Type::int64, "\"-9223372036854775808\"", "integer"},
      {Type::uint64, "0", "integer"},
      {Type::uint64, "\"9223372036854775807\"", "integer"},
      {Type::uint64, "\"9223372036854775808\"", "text"},
      {Type::uint64, "\"18446744073709551615\"", "text"},
      {Type::float64, "-0", "real"},
      {Type::float64, "0", "real"},
      {Type::float64, "1", "real"},
      {Type::float64, "0.1", "real"},
      {Type::float64, "1e+300", "real"},
      {Type::float64, real_token(Wide::max()), "real"},
      {Type::float64, real_token(Wide::denorm_min()), "real"},
      {Type::float64, real_token(-Wide::min()), "real"},
      {Type::float64, real_token(9007199254740993.0), "real"},
      {Type::float32, "-0", "real"},
      {Type::float32, "16777216", "real"},
      {Type::float32, "0.1", "real"},
      {Type::float32, narrow_token(Narrow::max()), "real"},
      {Type::float32, narrow_token(Narrow::denorm_min()), "real"},
      {Type::decimal, "\"0.00\"", "text"},
      {Type::decimal, "\"12.50\"", "text"},
      {Type::decimal, "\"-99999999999999999999999999999999999999.000000000000000001\"", "text"},
      {Type::text, "\"\"", "text"},
      {Type::text, "\"1\"", "text"},
      {Type::text, "\"\\u0000a\\u0001\\\"\\\\/\\b\\t\\n\\f\\r\"", "text"},
      {Type::text, "\"žluťoučký 🐎 \xE2\x80\xA8\"", "text"},
      {Type::bytes, "\"\"", "blob"},
      {Type::bytes, "\"AAH/\"", "blob"},
      {Type::bytes, "\"AA==\"", "blob"},
      {Type::date, "\"0001-01-01\"", "text"},
      {Type::date, "\"9999-12-31\"", "text"},
      {Type::time, "\"23:59:59.999999\"", "text"},
      {Type::timestamp, "\"2026-01-05T10:15:09.123456\"", "text"},
      {Type::timestamptz, "\"9999-12-31T23:59:59.999999Z\"", "text"},
      {Type::uuid, "\"00112233-4455-6677-8899-aabbccddeeff\"", "text"},
      {Type::json, "null", "text"},
      {Type::json, "12.50", "text"},
      {Type::json, "{\"b\":[1,{\"a\":\"}\\\"]\"}],\"a\":null}", "text"},
      {Type::json, "\"x\"", "text"},
  };
}

/// A real table in a file: the values pass through SQLite.
class ThroughSqlite : public testing::Test {
 protected:
  ThroughSqlite() {
    std::string name = (std::filesystem::temp_directory_path() / "meshgate-columns-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    database_ = std::move(*Database::open(folder_ + "/x.db"));
    EXPECT_TRUE(FeedTable::create(*database_, "t", one_of_each()).has_value());
    table_ = std::move(*FeedTable::open(*database_, "t", one_of_each()));
  }
  ~ThroughSqlite() override { std::filesystem::remove_all(folder_); }

  std::string back(const std::string& id) {
    std::string out;
    EXPECT_TRUE(table_
                    .each(0, 1000000,
                          [&](const FeedTable::Seen& row) {
                            if (row.id == id) out = row.content;
                          })
                    .has_value());
    return out;
  }

  std::string folder_;
  std::unique_ptr<Database> database_;
  FeedTable table_;
};

TEST_F(ThroughSqlite, EveryTypeAndExtremeComesBackBitByBit) {
  int n = 0;
  for (const Case& one : extremes()) {
    const std::string field(name(one.type));
    const std::string content = "{\"" + field + "\":" + one.token + "}";
    const std::string id = std::to_string(n++);
    ASSERT_TRUE(table_.insert({id, "1-0", Seq{1}, content}).has_value());
    EXPECT_EQ(back(id), content);
    EXPECT_EQ(content_hash(id, back(id)), content_hash(id, content));
    EXPECT_EQ(*database_->text("SELECT typeof(\"" + field + "\") FROM t WHERE _id='" + id + "'"), one.stored) << content;
    EXPECT_EQ(*database_->integer("SELECT _content IS NULL FROM t WHERE _id='" + id + "'"), 1) << content;
  }
}

TEST_F(ThroughSqlite, AllFieldsAtOnce) {
  std::string content = "{";
  std::map<std::string, std::string> tokens;
  for (const Case& one : extremes()) tokens[std::string(name(one.type))] = one.token;
  for (const auto& [field, token] : tokens) content.append(content.size() > 1 ? ",\"" : "\"").append(field).append("\":").append(token);
  content += '}';
  ASSERT_TRUE(table_.insert({"x", "1-0", Seq{1}, content}).has_value());
  EXPECT_EQ(back("x"), content);
  EXPECT_EQ(*database_->integer("SELECT _content IS NULL FROM t"), 1);
}

TEST_F(ThroughSqlite, WhatTheColumnsCannotSayIsKeptWhole) {
  const std::vector<std::string> odd = {
      "{}",
      "{\"unknown\":1}",
      "{\"aaa\":{\"x\":\"}\"},\"text\":\"seen\"}",
      "{\"int64\":\"text\"}",
      "{\"int64\":1.5}",
      "{\"int64\":9007199254740993}",
      "{\"float64\":1e999}",
      "{\"float64\":1.50}",
      "{\"bytes\":\"not base64!\"}",
      "{\"text\":null}",
      "{\"text\":\"\\u0041\"}",
      "{\"text\":\"\\ud800\"}",
      "{\"text\":\"a\",\"int64\":1}",
      "{\"text\":\"a\",\"text\":\"b\"}",
      "{ \"text\":\"a\"}",
      "{\"boolean\":1}",
      "{\"text\":\"a\"",
      "{\"text\":\"a\",}",
      "{\"text\":\"a\"}x",
      "{\"text\":\"a\"},",
      "{,\"text\":\"a\"}",
      "{\"boolean\":true \"text\":\"a\"}",
      "{\"text\":\"\x01\"}",
      "{\"int64\":01}",
      "{\"int64\":-0}",
      "{\"uint64\":\"7\"}",
      "[\"text\":\"a\"}",
      "{\"text\":",
      "{\"text\"",
      "[]",
      "",
  };
  for (const std::string& content : odd) {
    ASSERT_TRUE(table_.insert({content.empty() ? "empty" : content, "1-0", Seq{1}, content}).has_value());
    EXPECT_EQ(back(content.empty() ? "empty" : content), content);
  }
  EXPECT_EQ(*database_->text("SELECT text FROM t WHERE _id LIKE '%aaa%'"), "seen");
  EXPECT_EQ(*database_->text("SELECT group_concat(_id) FROM t WHERE _content IS NULL"), "{}");
}

}  // namespace
}  // namespace meshgate::device
