#include "connectors/kafka/message_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace meshgate::kafka {

namespace {

using testing::HasSubstr;

/// A table, and what the last message became: "put name=value …", with the columns in their order.
class Table {
 public:
  explicit Table(Shape shape, std::string key_format = "string", std::string value_format = "json", std::vector<std::string> types = {}, bool metadata = false) {
    Choice choice{.topic = "t", .shape = shape, .metadata = metadata};
    choice.key = {.format = std::move(key_format), .lone = "key", .types = types, .setting = "key_format", .key = true};
    choice.value = {.format = std::move(value_format), .lone = "value", .types = types, .setting = "value_format"};
    const sdk::Status made = MessageTable::make(choice, nullptr, table_);
    EXPECT_TRUE(made.ok()) << made.message;
  }

  std::string fill(std::optional<std::string_view> key, std::optional<std::string_view> value, const rd_kafka_headers_t* headers = nullptr) {
    Meaning meaning = Meaning::nothing;
    const sdk::Status filled = table_->fill({.topic = "t", .partition = 2, .offset = 17, .timestamp_ms = 1000, .key = key, .value = value, .headers = headers}, meaning);
    EXPECT_TRUE(filled.ok()) << filled.message;
    std::string out(kWords[static_cast<size_t>(meaning)]);
    for (size_t i = 0; i < table_->values().size(); ++i) {
      if (table_->values()[i].kind != MG_NULL) out.append(" ").append(sdk::view(table_->columns()[i].name)).append("=").append(shown_value(table_->values()[i]));
    }
    return out;
  }
  MessageTable& operator*() { return *table_; }
  MessageTable* operator->() { return table_.get(); }

 private:
  static constexpr std::string_view kWords[] = {"put", "remove", "nothing", "fault"};
  static std::string shown_value(const mg_value& value) {
    const bool text = value.kind == MG_TEXT || value.kind == MG_DECIMAL || value.kind == MG_JSON || value.kind == MG_BYTES;
    return text ? std::string(sdk::view(value.s)) : std::to_string(value.i);
  }

  std::unique_ptr<MessageTable> table_;
};

}  // namespace

TEST(KafkaMessageTable, AKeysLastMessageIsItsState) {
  Table table(Shape::state, "string", "json", {"total:decimal"});
  EXPECT_EQ(table.fill("a", R"({"total":12.50,"note":"x"})"), "put key=a total=12.50 note=x");
  EXPECT_EQ(table->source_time_us(), 1000000);
  EXPECT_TRUE(table->grown());
  EXPECT_EQ(table.fill("a", R"({"total":1})"), "put key=a total=1");
  EXPECT_FALSE(table->grown());
  EXPECT_EQ(table.fill("a", std::nullopt), "remove key=a");
  EXPECT_EQ(table.fill("", R"({"total":1})"), "put key= total=1");
}

TEST(KafkaMessageTable, WhatCannotBeHadExactlyIsAFaultWithItsKey) {
  Table table(Shape::state, "string", "json", {"total:decimal"});
  EXPECT_EQ(table.fill("a", R"({"total":"cheap"})"), "fault key=a");
  EXPECT_THAT(table->fault(), testing::AllOf(HasSubstr("topic t partition 2 offset 17"), HasSubstr("total")));
  EXPECT_EQ(table.fill("a", "no json"), "fault key=a");
  EXPECT_EQ(table.fill(std::nullopt, R"({"total":1})"), "fault");
  EXPECT_THAT(table->fault(), HasSubstr("shape events"));
  EXPECT_TRUE(table->has_key());
  EXPECT_EQ(table.fill("b", R"({"count":1})"), "put key=b count=1");
  EXPECT_EQ(table.fill("b", R"({"count":1.5})"), "fault key=b");
  EXPECT_THAT(table->fault(), HasSubstr("types: [ \"count:"));
}

TEST(KafkaMessageTable, AKeyOfSeveralFieldsHasThemByName) {
  Table table(Shape::state, "json");
  EXPECT_EQ(table.fill("{", R"({"n":1})"), "fault");
  EXPECT_FALSE(table->has_key());
  EXPECT_EQ(table.fill(R"({"b":2,"a":1})", R"({"n":1,"a":5})"), "put a=1 b=2 n=1");
  const std::string text = table->key_text();
  EXPECT_EQ(table.fill(R"({"a":1,"b":2})", std::nullopt), "remove a=1 b=2");
  EXPECT_EQ(table->key_text(), text);
  EXPECT_EQ(table.fill(R"({"a":1})", R"({"n":1})"), "fault");
  EXPECT_EQ(table.fill(R"({"a":1,"c":2})", R"({"n":1})").substr(0, 5), "fault");
}

TEST(KafkaMessageTable, EachMessageIsAnEvent) {
  Table table(Shape::events);
  EXPECT_EQ(table.fill(std::nullopt, R"({"page":"p"})"), "put message_id=t-2-17 page=p");
  EXPECT_EQ(table.fill("k", std::nullopt), "put message_id=t-2-17 key=k");
  EXPECT_EQ(table.fill("k", R"({"message_id":"x"})").substr(0, 5), "fault");
}

TEST(KafkaMessageTable, ColumnsThatWereAnnouncedAreRecalled) {
  Table before(Shape::state);
  before.fill("a", R"({"x":1,"y":"t"})");
  Table after(Shape::state);
  after->recall(before->known());
  EXPECT_EQ(after->known(), before->known());
  EXPECT_EQ(after.fill("b", R"({"y":"u"})"), "put key=b y=u");
  EXPECT_FALSE(after->grown());
}

TEST(KafkaMessageTable, HeadersComeAllInTheirOrder) {
  const Headers headers(rd_kafka_headers_new(3));
  rd_kafka_header_add(headers.get(), "a", -1, "one", 3);
  rd_kafka_header_add(headers.get(), "a", -1, nullptr, 0);
  rd_kafka_header_add(headers.get(), "b", -1, "\xff", 1);
  Table table(Shape::state, "string", "json", {}, true);
  EXPECT_EQ(table.fill("k", "{}", headers.get()), R"(put key=k _topic=t _partition=2 _offset=17 _timestamp=1000000 _headers=[["a","one"],["a",null],["b",{"base64":"/w=="}]])");
  EXPECT_EQ(table.fill("k", "{}"), "put key=k _topic=t _partition=2 _offset=17 _timestamp=1000000 _headers=[]");
}

TEST(KafkaMessageTable, KeysAreComparedByWhatTheyAre) {
  const mg_value one[] = {sdk::string_value(MG_TEXT, "ab"), sdk::string_value(MG_TEXT, "c")};
  const mg_value two[] = {sdk::string_value(MG_TEXT, "a"), sdk::string_value(MG_TEXT, "bc")};
  const mg_value number[] = {sdk::int64_value(7)};
  const mg_value text[] = {sdk::string_value(MG_TEXT, "7")};
  EXPECT_NE(MessageTable::key_text(one), MessageTable::key_text(two));
  EXPECT_NE(MessageTable::key_text(number), MessageTable::key_text(text));
}

TEST(KafkaMessageTable, KeysOfSeveralTopicsAreEachTopicsOwn) {
  Choice choice{.topic = "a, b", .several = true, .metadata = true};
  choice.key = {.format = "json", .lone = "key", .types = {}, .setting = "key_format", .key = true};
  choice.value = {.format = "json", .lone = "value", .types = {}, .setting = "value_format"};
  std::unique_ptr<MessageTable> table;
  ASSERT_TRUE(MessageTable::make(choice, nullptr, table).ok());
  EXPECT_FALSE(table->has_key());
  std::set<std::string> keys;
  for (const std::string_view topic : {"a", "b", "a"}) {
    Meaning meaning = Meaning::nothing;
    ASSERT_TRUE(table->fill({.topic = topic, .key = R"({"x":1,"y":2})", .value = "{}"}, meaning).ok());
    EXPECT_EQ(meaning, Meaning::put) << table->fault();
    EXPECT_EQ(sdk::view(table->values()[0].s), topic);
    keys.insert(table->key_text());
  }
  EXPECT_TRUE(table->has_key());
  EXPECT_EQ(keys.size(), 2U);
  ASSERT_GE(table->columns().size(), 3U);
  EXPECT_EQ(sdk::view(table->columns()[0].name), "_topic");
  EXPECT_EQ(table->columns()[0].key, 1U);
  EXPECT_EQ(table->columns()[2].key, 3U);

  std::unique_ptr<MessageTable> later;
  ASSERT_TRUE(MessageTable::make(choice, nullptr, later).ok());
  later->recall(table->known());
  EXPECT_EQ(later->known(), table->known());
  Meaning meaning = Meaning::nothing;
  ASSERT_TRUE(later->fill({.topic = "b", .key = R"({"x":1,"y":2})", .value = "{}"}, meaning).ok());
  EXPECT_TRUE(keys.contains(later->key_text()));
}

}  // namespace meshgate::kafka
