// Change events as Debezium documents them; those over Avro are encoded here by hand from their few fields.
#include <gtest/gtest.h>

#include "tests/unit/kafka_format/shelf.hpp"

namespace meshgate::kafka::format {

namespace {

using std::string_literals::operator""s;

std::string event(const std::string& op, const std::string& before, const std::string& after) {
  return R"({"before":)" + before + R"(,"after":)" + after +
         R"(,"source":{"version":"3.0","connector":"postgresql","name":"s","ts_ms":1767608109123,"snapshot":"false","db":"d","schema":"public","table":"t"},"op":")" + op +
         R"(","ts_ms":1767608110000,"transaction":null})";
}

constexpr const char* kRow = R"({"id":1,"total":12.50})";

const std::string kSchema = R"({"type":"struct","fields":[{"type":"struct","optional":true,"field":"before","fields":[]},{"type":"struct","optional":true,"name":"t.Value","field":"after","fields":[
{"type":"int32","optional":false,"field":"id"},{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"2","connect.decimal.precision":"10"},"field":"total"},
{"type":"int64","optional":true,"name":"io.debezium.time.MicroTimestamp","version":1,"field":"at"}]}],"optional":false,"name":"t.Envelope"})";

std::string enveloped(const std::string& payload) { return R"({"schema":)" + kSchema + R"(,"payload":)" + payload + "}"; }

int64_t source_time(std::string_view bytes) {
  Decoded decoded;
  EXPECT_TRUE(decoder("debezium")->decode(bytes, decoded).ok());
  return decoded.source_time_us;
}

}  // namespace

TEST(Debezium, OperationsOfPlainJson) {
  for (const char* op : {"c", "u", "r"}) EXPECT_EQ(told(*decoder("debezium"), event(op, "null", kRow)), "id int64 1\ntotal decimal 12.50") << op;
  EXPECT_EQ(told(*decoder("debezium"), event("d", kRow, "null")), "remove");
  EXPECT_EQ(told(*decoder("debezium"), event("t", "null", "null")), "clear");
  EXPECT_EQ(told(*decoder("debezium"), R"({"op":"m","ts_ms":1,"source":{},"message":{"transactional":true,"prefix":"p","content":"AA=="}})"), "nothing");
  EXPECT_EQ(told(*decoder("debezium"), "null"), "remove");
  EXPECT_EQ(told(*decoder("debezium"), R"({"schema":null,"payload":null})"), "remove");
  EXPECT_EQ(told(*decoder("debezium", nullptr, {"total:text"}), event("c", "null", R"({"total":"1"})")), "total text 1");
}

TEST(Debezium, JsonWithASchemaHasExactTypes) {
  const auto made = decoder("debezium");
  EXPECT_EQ(told(*made, enveloped(event("c", "null", R"({"id":1,"total":"BOI=","at":1767608109123456})"))), "id int64 1\ntotal decimal 12.50\nat timestamp 2026-01-05T10:15:09.123456");
  EXPECT_EQ(told(*made, enveloped(event("u", "null", R"({"id":1,"total":null,"at":null})"))), "id int64 1\ntotal decimal null\nat timestamp null");
  EXPECT_EQ(told(*made, enveloped(event("d", R"({"id":1})", "null"))), "remove");
  EXPECT_EQ(told(*made, enveloped(event("c", "null", R"({"id":"x"})"))), "bad: field id: \"x\" is not an integer");
}

TEST(Debezium, TellsWhenTheSourceChanged) {
  EXPECT_EQ(source_time(event("d", kRow, "null")), 1767608109123000);
  EXPECT_EQ(source_time(R"({"op":"d","source":{"ts_ms":5,"ts_us":5001}})"), 5001);
  EXPECT_EQ(source_time(R"({"op":"d"})"), 0);
}

TEST(Debezium, AValueThatWasNotSentIsNotAValue) {
  for (const char* text : {"\"__debezium_unavailable_value\"", "[\"__debezium_unavailable_value\"]", "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\""}) {
    const std::string said = told(*decoder("debezium"), event("u", "null", R"({"id":1,"note":)"s + text + "}"));
    EXPECT_TRUE(said.starts_with("bad: field note: Debezium did not send its value")) << said;
  }
}

TEST(Debezium, WhatIsNoEventIsABadRecord) {
  EXPECT_TRUE(told(*decoder("debezium"), kRow).starts_with("bad: not a change event of Debezium"));
  EXPECT_TRUE(told(*decoder("debezium"), "[]").starts_with("bad: not a change event of Debezium"));
  EXPECT_EQ(told(*decoder("debezium"), event("x", "null", kRow)), "bad: an event of op x, which is none of c, u, r, d, t and m");
  EXPECT_EQ(told(*decoder("debezium"), event("c", "null", "null")), "bad: an event of op c without after");
  EXPECT_EQ(told(*decoder("debezium"), event("c", "null", R"({"a":1,"a":2})")), "bad: field a: is there twice");
}

TEST(Debezium, KeysAreRecordsWithOrWithoutASchema) {
  const auto made = decoder("debezium", nullptr, {}, true);
  EXPECT_EQ(told(*made, R"({"id":7})"), "id int64 7");
  EXPECT_EQ(told(*made, R"({"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"}],"optional":false,"name":"t.Key"},"payload":{"id":7}})"), "id int64 7");
}

TEST(Debezium, EventsOverAvro) {
  Shelf shelf;
  shelf.schemas[9].text = R"({"type":"record","name":"Envelope","namespace":"s.public.t","fields":[
{"name":"before","type":["null",{"type":"record","name":"Value","fields":[{"name":"id","type":"int"},
  {"name":"day","type":["null",{"type":"int","connect.version":1,"connect.name":"io.debezium.time.Date"}]},
  {"name":"note","type":["null","string"]}],"connect.name":"s.public.t.Value"}],"default":null},
{"name":"after","type":["null","Value"],"default":null},
{"name":"source","type":{"type":"record","name":"Source","namespace":"io.debezium.connector.postgresql","fields":[{"name":"snapshot","type":["string","null"]},{"name":"ts_ms","type":"long"}]}},
{"name":"op","type":"string"},{"name":"ts_ms","type":["null","long"],"default":null}]})";
  shelf.subjects["shop-value"] = 9;
  const auto made = decoder("debezium-avro", &shelf);
  const std::string row = "\x02\x0E\x02\x02\x02\x04hi";  // a Value: id 7, day 1, note "hi"
  const std::string source = "\x00\x08last\x0A"s;                // snapshot "last", ts_ms 5
  Decoded decoded;
  const std::string snapshot = framed(9, "\0"s + row + source + "\x02r\0"s);
  ASSERT_TRUE(made->decode(snapshot, decoded).ok());
  EXPECT_EQ(told({}, decoded), "id int64 7\nday date 1970-01-02\nnote text hi");
  EXPECT_EQ(decoded.source_time_us, 5000);
  EXPECT_EQ(told(*made, framed(9, row + "\0"s + source + "\x02" "d\0"s)), "remove");
  EXPECT_EQ(told(*made, framed(9, row + row + source + "\x02" "d\0"s)), "remove");
  EXPECT_EQ(told(*made, framed(9, "\0\0"s + source + "\x02t\0"s)), "clear");
  EXPECT_EQ(told(*made, framed(9, "\0\0"s + source + "\x02u\0"s)), "bad: an event of op u without after");
  EXPECT_EQ(told(*made, framed(9, "\0\0"s + source + "\x02t\0\0"s)), "bad: bytes stand behind the Avro value");
  ASSERT_TRUE(made->expect("shop", decoded).ok());
  EXPECT_EQ(told({}, decoded), "id int64 null\nday date null\nnote text null");
}

}  // namespace meshgate::kafka::format
