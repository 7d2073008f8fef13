#include <gtest/gtest.h>

#include "tests/unit/kafka_format/shelf.hpp"

namespace meshgate::kafka::format {

using std::string_literals::operator""s;

TEST(Plain, TextBytesAndIntegers) {
  EXPECT_EQ(told(*decoder("string"), "Zoë"), "value text Zoë");
  EXPECT_EQ(told(*decoder("string"), ""), "value text ");
  EXPECT_EQ(told(*decoder("string"), "\xFF"), "bad: not UTF-8");
  EXPECT_EQ(told(*decoder("bytes"), "\xFF\0"s), "value bytes /wA=");
  EXPECT_EQ(told(*decoder("int32"), "\x80\0\0\0"s), "value int64 -2147483648");
  EXPECT_EQ(told(*decoder("int32"), "\0\0\0\x2A"s), "value int64 42");
  EXPECT_EQ(told(*decoder("int64"), "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), "value int64 9223372036854775807");
  EXPECT_EQ(told(*decoder("int64"), "\0\0\0\x2A"s), "bad: 4 bytes are not an integer of 8 bytes");
  EXPECT_EQ(told(*decoder("int32"), ""), "bad: 0 bytes are not an integer of 4 bytes");
}

TEST(Plain, FormatsAreNamedOrRefused) {
  std::unique_ptr<Decoder> made;
  EXPECT_EQ(make_decoder({.format = "xml"}, nullptr, made).code, MG_CONFIG);
  EXPECT_EQ(make_decoder({.format = "avro"}, nullptr, made).message, "value_format: avro needs a schema registry; name one in the connection");
  EXPECT_EQ(make_decoder({.format = "json", .types = {"total"}}, nullptr, made).code, MG_CONFIG);
  EXPECT_EQ(make_decoder({.format = "json", .types = {"a:text", "a:int64"}}, nullptr, made).message, "types: field 'a' is there twice; keep one");
  EXPECT_TRUE(needs_registry("protobuf"));
  EXPECT_FALSE(needs_registry("json"));
  EXPECT_EQ(formats(), "string, bytes, int32, int64, json, connect-json, avro, protobuf, json-schema, debezium, debezium-avro");
}

TEST(Json, AnObjectsMembersAreFields) {
  EXPECT_EQ(told(*decoder("json"), R"( {"a":1,"b":-9223372036854775808,"c":9223372036854775808,"d":1.50,"e":1e3,"f":"x\u00e9\ud83d\ude42","g":true,"h":null,"i":{"z": 1.0, "a":[]},"j":[1]} )"),
            "a int64 1\nb int64 -9223372036854775808\nc decimal 9223372036854775808\nd decimal 1.50\ne decimal 1000\nf text xé🙂\ng bool true\nh null\n"
            "i json {\"z\": 1.0, \"a\":[]}\nj json [1]");
  EXPECT_EQ(told(*decoder("json"), "{}"), "");
  EXPECT_EQ(told(*decoder("json"), "17"), "value int64 17");
  EXPECT_EQ(told(*decoder("json"), "[1, 2]"), "value json [1, 2]");
  EXPECT_EQ(told(*decoder("json", nullptr, {}, true), "\"a\""), "key text a");
  EXPECT_EQ(told(*decoder("json"), "null"), "value null");
}

TEST(Json, DeclaredTypesSettleFields) {
  const auto made = decoder("json", nullptr,
                            {"total:decimal", "day:date", "at:timestamptz", "id:uuid", "raw:bytes", "big:uint64", "real:float64", "any:json", "t:time", "l:timestamp", "s:text"});
  EXPECT_EQ(told(*made, R"({"total":7,"day":"2026-01-05","at":"2026-01-05T11:15:09+01:00","id":"01234567-89AB-cdef-0123-456789abcdef","raw":"/wA=","big":18446744073709551615,
"real":0.1,"any":"x","t":"10:15:09.5","l":"2026-01-05T10:15:09","s":"x"})"),
            "total decimal 7\nday date 2026-01-05\nat timestamptz 2026-01-05T10:15:09.000000Z\nid uuid 01234567-89ab-cdef-0123-456789abcdef\nraw bytes /wA=\n"
            "big uint64 18446744073709551615\nreal float64 0.1\nany json \"x\"\nt time 10:15:09.500000\nl timestamp 2026-01-05T10:15:09.000000\ns text x");
  EXPECT_EQ(told(*made, R"({"total":"12.50","any":null})"), "total decimal 12.50\nany json null");
  EXPECT_EQ(told(*made, R"({"total":"cheap"})"), "bad: field total: cheap is not decimal");
  EXPECT_EQ(told(*made, R"({"big":-1})"), "bad: field big: -1 is not uint64");
  EXPECT_EQ(told(*made, R"({"day":5})"), "bad: field day: 5 is not date");
  EXPECT_EQ(told(*made, R"({"s":5})"), "bad: field s: 5 is not text");
  EXPECT_EQ(told(*made, R"({"real":1e999})"), "bad: field real: 1e999 is not float64");
  Decoded expected;
  ASSERT_TRUE(made->expect("topic", expected).ok());
  EXPECT_EQ(expected.fields.size(), 11U);
}

TEST(Json, WhatIsNotJsonIsABadRecord) {
  for (const char* text : {"", " ", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "[1,]", "01", "1.", "+1", "-", "nul", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"", "{\"a\":1}}",
                           "NaN", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\xFF\"", "\xEF\xBB\xBF{}"}) {
    EXPECT_TRUE(told(*decoder("json"), text).starts_with("bad: ")) << text;
  }
  EXPECT_EQ(told(*decoder("json"), R"({"a":1,"b":2,"a":3})"), "bad: field a: is there twice");
  EXPECT_EQ(told(*decoder("json"), R"({"":1})"), "bad: field without a name");
  EXPECT_EQ(told(*decoder("json"), std::string(512, '[') + std::string(512, ']')).substr(0, 10), "value json");
  EXPECT_EQ(told(*decoder("json"), std::string(513, '[') + std::string(513, ']')), "bad: JSON of more than 512 levels");
  EXPECT_EQ(told(*decoder("json"), std::string(1000000, '[')), "bad: JSON of more than 512 levels");
}

}  // namespace meshgate::kafka::format
