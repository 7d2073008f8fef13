#include <gtest/gtest.h>

#include "tests/unit/kafka_format/shelf.hpp"

namespace meshgate::kafka::format {

namespace {

/// A struct of one optional field in Kafka Connect's envelope.
std::string with(const std::string& type, const std::string& value) {
  return R"({"schema":{"type":"struct","optional":false,"name":"Row","fields":[{"field":"f","optional":true,)" + type + R"(}]},"payload":{"f":)" + value + "}}";
}
std::string told_with(const std::string& type, const std::string& value) { return told(*decoder("connect-json"), with(type, value)); }
std::string named(const std::string& type, const std::string& name) { return R"("type":")" + type + R"(","version":1,"name":")" + name + '"'; }

}  // namespace

TEST(Connect, Primitives) {
  EXPECT_EQ(told_with(R"("type":"int8")", "-128"), "f int64 -128");
  EXPECT_EQ(told_with(R"("type":"int64")", "9223372036854775807"), "f int64 9223372036854775807");
  EXPECT_EQ(told_with(R"("type":"int64")", "9223372036854775808"), "bad: field f: 9223372036854775808 is not an integer");
  EXPECT_EQ(told_with(R"("type":"float")", "0.1"), "f float32 0.1");
  EXPECT_EQ(told_with(R"("type":"double")", "1E300"), "f float64 1e+300");
  EXPECT_EQ(told_with(R"("type":"double")", "\"NaN\""), "bad: field f: \"NaN\" is not a number");
  EXPECT_EQ(told_with(R"("type":"boolean")", "true"), "f bool true");
  EXPECT_EQ(told_with(R"("type":"string")", "\"a\\u0000\""), std::string("f text a\0", 9));
  EXPECT_EQ(told_with(R"("type":"string")", "1"), "bad: field f: 1 is not a text");
  EXPECT_EQ(told_with(R"("type":"bytes")", "\"/wA=\""), "f bytes /wA=");
  EXPECT_EQ(told_with(R"("type":"bytes")", "\"/wA\""), "bad: field f: \"/wA\" is not base64");
  EXPECT_EQ(told_with(R"("type":"int32")", "null"), "f int64 null");
}

TEST(Connect, LogicalTypesAreExact) {
  const std::string decimal = named("bytes", "org.apache.kafka.connect.data.Decimal") + R"(,"parameters":{"scale":"2"})";
  EXPECT_EQ(told_with(decimal, "\"BNI=\""), "f decimal 12.34");
  EXPECT_EQ(told_with(decimal, "\"/w==\""), "f decimal -0.01");
  EXPECT_EQ(told_with(decimal, "12345678901234567890.10"), "f decimal 12345678901234567890.10");
  EXPECT_EQ(told_with(decimal, "null"), "f decimal null");
  EXPECT_EQ(told_with(named("bytes", "org.apache.kafka.connect.data.Decimal"), "\"BNI=\""), "bad: schema: a Decimal without a scale");
  EXPECT_EQ(told_with(named("int32", "org.apache.kafka.connect.data.Date"), "20458"), "f date 2026-01-05");
  EXPECT_EQ(told_with(named("int32", "org.apache.kafka.connect.data.Time"), "1"), "f time 00:00:00.001000");
  EXPECT_EQ(told_with(named("int64", "org.apache.kafka.connect.data.Timestamp"), "-1"), "f timestamptz 1969-12-31T23:59:59.999000Z");
  EXPECT_EQ(told_with(named("int32", "io.debezium.time.Date"), "-719163"), "bad: field f: -719163 is a date outside the years 1 to 9999");
  EXPECT_EQ(told_with(named("int64", "io.debezium.time.MicroTime"), "86399999999"), "f time 23:59:59.999999");
  EXPECT_EQ(told_with(named("int64", "io.debezium.time.Timestamp"), "1767608109123"), "f timestamp 2026-01-05T10:15:09.123000");
  EXPECT_EQ(told_with(named("int64", "io.debezium.time.MicroTimestamp"), "1767608109123456"), "f timestamp 2026-01-05T10:15:09.123456");
  EXPECT_EQ(told_with(named("int64", "io.debezium.time.NanoTimestamp"), "1767608109123456001"), "bad: field f: 1767608109123456001 is finer than a microsecond");
  EXPECT_EQ(told_with(named("string", "io.debezium.time.ZonedTimestamp"), "\"2026-01-05T10:15:09.123456Z\""), "f timestamptz 2026-01-05T10:15:09.123456Z");
  EXPECT_EQ(told_with(named("string", "io.debezium.data.Uuid"), "\"01234567-89ab-cdef-0123-456789abcdef\""), "f uuid 01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(told_with(named("string", "io.debezium.data.Json"), "\"{\\\"a\\\": 1}\""), "f json {\"a\": 1}");
  EXPECT_EQ(told_with(named("string", "io.debezium.data.Json"), "\"{\""), "bad: field f: \"{\" is not JSON");
  EXPECT_EQ(told_with(named("int64", "io.debezium.time.MicroDuration"), "-5"), "f int64 -5");
  const std::string variable = named("struct", "io.debezium.data.VariableScaleDecimal") + R"(,"fields":[{"field":"scale","type":"int32"},{"field":"value","type":"bytes"}])";
  EXPECT_EQ(told_with(variable, R"({"scale":3,"value":"BNI="})"), "f decimal 1.234");
  EXPECT_EQ(told_with(variable, R"({"scale":3})"), "bad: field f: {\"scale\":3} is not a decimal with its scale");
}

TEST(Connect, NestedValuesAreWrittenByTheirTypes) {
  const std::string decimal = R"({"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}})";
  EXPECT_EQ(told_with(R"("type":"array","items":)" + decimal, R"(["BNI=",null])"), R"(f json ["12.34",null])");
  EXPECT_EQ(told_with(R"("type":"map","keys":{"type":"string"},"values":{"type":"int64"})", R"({"z":1,"a":9007199254740993})"), R"(f json {"a":"9007199254740993","z":1})");
  EXPECT_EQ(told_with(R"("type":"struct","fields":[{"field":"d","type":"int32","name":"io.debezium.time.Date"},{"field":"n","type":"string"}])", R"({"d":0})"),
            R"(f json {"d":"1970-01-01","n":null})");
  EXPECT_EQ(told_with(R"("type":"array","items":{"type":"int32"})", "{}"), "bad: field f: {} is not a list");
}

TEST(Connect, TheEnvelopeIsWhatItSays) {
  EXPECT_EQ(told(*decoder("connect-json"), R"({"payload":7,"schema":{"type":"int32","optional":false}})"), "value int64 7");
  EXPECT_EQ(told(*decoder("connect-json"), R"({"schema":null,"payload":{"a":1.5}})"), "a decimal 1.5");
  EXPECT_TRUE(told(*decoder("connect-json"), R"({"schema":null,"payload":1,"more":2})").starts_with("bad: not an object of schema and payload"));
  EXPECT_EQ(told(*decoder("connect-json"), R"({"schema":{"type":"int99"},"payload":1})"), "bad: schema: the type 'int99' is not one of Kafka Connect's");
  std::string deep = R"({"type":"int32"})";
  for (int i = 0; i < 100; ++i) deep = R"({"type":"array","items":)" + deep + "}";
  EXPECT_EQ(told(*decoder("connect-json"), R"({"schema":)" + deep + R"(,"payload":null})"), "bad: schema: types within types, more than 64 deep");
}

}  // namespace meshgate::kafka::format
