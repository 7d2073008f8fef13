#include <gtest/gtest.h>

#include "tests/unit/kafka_format/shelf.hpp"

namespace meshgate::kafka::format {

namespace {

using std::string_literals::operator""s;

Written written(Written::Language language, std::string text) { return {.language = language, .text = std::move(text), .references = {}}; }
Written avro(std::string text) { return written(Written::Language::avro, std::move(text)); }
Written protobuf(std::string text) { return written(Written::Language::protobuf, std::move(text)); }
Written json(std::string text) { return written(Written::Language::json, std::move(text)); }

std::string with_schema(const std::string& format, Written schema, const std::string& payload) {
  Shelf shelf;
  shelf.schemas[1] = std::move(schema);
  return told(*decoder(format, &shelf), framed(1, payload));
}

}  // namespace

TEST(WireFormat, EveryBadHeadIsABadRecord) {
  Shelf shelf;
  shelf.schemas[1] = avro("\"long\"");
  const auto made = decoder("avro", &shelf);
  EXPECT_EQ(told(*made, ""), "bad: no bytes: not the wire format of a schema registry");
  for (int byte = 1; byte < 256; ++byte) {
    EXPECT_EQ(told(*made, std::string(1, static_cast<char>(byte)) + "\0\0\0\1\2"s), "bad: the first byte is not 0: not the wire format of a schema registry");
  }
  for (size_t size = 1; size < 5; ++size) EXPECT_TRUE(told(*made, framed(1, "").substr(0, size)).starts_with("bad: shorter than the 5 bytes"));
  EXPECT_EQ(told(*made, framed(1, "\2")), "value int64 1");
  EXPECT_EQ(told(*made, framed(0xFFFFFFFF, "\2")), "bad: schema 4294967295 is not in the registry");
}

TEST(Schemas, AreAskedForOnceAndWaitedFor) {
  Shelf shelf;
  shelf.schemas[1] = avro("\"long\"");
  const auto made = decoder("avro", &shelf);
  shelf.away = true;
  EXPECT_EQ(told(*made, framed(1, "\2")), "wait: away");
  shelf.away = false;
  EXPECT_EQ(told(*made, framed(1, "\2")), "value int64 1");
  shelf.away = true;
  EXPECT_EQ(told(*made, framed(1, "\4")), "value int64 2");
  EXPECT_EQ(told(*made, framed(2, "\4")), "wait: away");
  shelf.away = false;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(told(*made, framed(2, "\4")), "bad: schema 2 is not in the registry");
  EXPECT_EQ(shelf.asked, 4);
  for (uint32_t id = 10; id < 1500; ++id) shelf.schemas[id] = avro("\"long\"");
  for (uint32_t id = 10; id < 1500; ++id) EXPECT_EQ(told(*made, framed(id, "\2")), "value int64 1");
}

TEST(Schemas, OfAnotherLanguageAreABadRecord) {
  EXPECT_EQ(with_schema("avro", json("{}"), "1"), "bad: schema 1 is JSON Schema, and the format says Avro");
  EXPECT_EQ(with_schema("protobuf", avro("\"long\""), "\0"s), "bad: schema 1 is Avro, and the format says Protobuf");
}

TEST(AvroSchemas, ThatCannotBeAreABadRecord) {
  const std::pair<const char*, const char*> cases[] = {
      {"{", "the Avro schema is not JSON"},
      {"\"strin\"", "the type strin is not declared"},
      {"17", "a type is neither a name, a list nor an object"},
      {"{}", "a type without 'type'"},
      {"[]", "a union of nothing"},
      {R"(["null",{"type":["int"]}])", "a union within a union"},
      {R"({"type":"array"})", "an array that does not say of what"},
      {R"({"type":"record","fields":[]})", "a record without a name"},
      {R"({"type":"record","name":"R"})", "the record R has no fields"},
      {R"({"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]})", "the record R has a field without a name or type, or one twice"},
      {R"({"type":"enum","name":"E"})", "the enum E has no symbols"},
      {R"({"type":"fixed","name":"F","size":-1})", "the fixed F has no size that can be"},
      {R"(["null",{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}])", "the type F is declared twice"},
  };
  for (const auto& [schema, why] : cases) EXPECT_EQ(with_schema("avro", avro(schema), "\2"), "bad: schema 1: "s + why) << schema;
  std::string deep = "\"int\"";
  for (int i = 0; i < 100; ++i) deep = R"({"type":"array","items":)" + deep + "}";
  EXPECT_EQ(with_schema("avro", avro(deep), "\2"), "bad: schema 1: types within types, more than 64 deep");
}

TEST(AvroSchemas, NamesReferencesAndIgnoredLogicalTypes) {
  Written order = avro(R"({"type":"record","name":"Order","namespace":"corp.sales","fields":[{"name":"a","type":"corp.Address"},{"name":"b","type":{"type":"record","name":"x.Y","fields":[
{"name":"z","type":"int"}]}},{"name":"c","type":"x.Y"}]})");
  order.references = {{"corp.Address", R"({"type":"record","name":"Address","namespace":"corp","fields":[{"name":"street","type":"string"}]})"}};
  EXPECT_EQ(with_schema("avro", order, "\2x\2\4"), "a json {\"street\":\"x\"}\nb json {\"z\":1}\nc json {\"z\":2}");
  EXPECT_EQ(with_schema("avro", avro("int"), "\2"), "value int64 1");
  for (const char* ignored : {R"({"type":"string","logicalType":"date"})", R"({"type":"string","logicalType":"no-such"})"}) {
    EXPECT_EQ(with_schema("avro", avro(ignored), "\2x"), "value text x") << ignored;
  }
  for (const char* ignored : {R"({"type":"bytes","logicalType":"decimal"})", R"({"type":"bytes","logicalType":"decimal","precision":2,"scale":3})"}) {
    EXPECT_EQ(with_schema("avro", avro(ignored), "\2x"), "value bytes eA==") << ignored;
  }
  EXPECT_EQ(with_schema("avro", avro(R"(["null",{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}])"), "\2\2"), "a int64 1");
}

TEST(Avro, WhatDoesNotFitItsTypeIsABadRecord) {
  const auto row = [](const std::string& type, const std::string& payload) {
    return with_schema("avro", avro(R"({"type":"record","name":"R","fields":[{"name":"f","type":)" + type + "}]}"), payload);
  };
  EXPECT_EQ(row("\"int\"", "\x80\x80\x80\x80\x10"), "bad: field f: a number outside of what its type allows");
  EXPECT_EQ(row("\"long\"", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"), "bad: field f: a number of more than 64 bits");
  EXPECT_EQ(row("\"boolean\"", "\2"), "bad: field f: a boolean that is neither 0 nor 1");
  EXPECT_EQ(row("\"string\"", "\x01"), "bad: field f: a number outside of what its type allows");
  EXPECT_EQ(row("\"string\"", "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01x"), "bad: field f: the bytes end within a value");
  EXPECT_EQ(row("\"string\"", "\2\xFF"), "bad: field f: not UTF-8");
  EXPECT_EQ(row("[\"null\",\"int\"]", "\4"), "bad: field f: a number outside of what its type allows");
  EXPECT_EQ(row(R"({"type":"enum","name":"E","symbols":["A"]})", "\2"), "bad: field f: a number outside of what its type allows");
  EXPECT_EQ(row(R"({"type":"enum","name":"E","symbols":[]})", "\0"s), "bad: field f: a number outside of what its type allows");
  EXPECT_EQ(row("\"double\"", "\0\0\0\0\0\0\xF8\x7F"s), "bad: field f: NaN");
  EXPECT_EQ(row("\"float\"", "\0\0\x80\xFF"s), "bad: field f: infinity");
  EXPECT_EQ(row(R"({"type":"array","items":"float"})", "\2\0\0\x80\xFF\0"s), "bad: field f: infinity");
  EXPECT_EQ(row(R"({"type":"string","logicalType":"uuid"})", "\2x"), "bad: field f: not a UUID");
  EXPECT_EQ(row(R"({"type":"map","values":"null"})", "\4\2a\2a\0"s), "bad: field f: a map has a key twice");
  EXPECT_EQ(row(R"({"type":"array","items":"null"})", "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), "bad: field f: more values than its bytes can hold");
  EXPECT_EQ(row(R"({"type":"record","name":"S","fields":[{"name":"s","type":"S"}]})", ""), "bad: field f: values within values, more than 128 deep");
  EXPECT_EQ(row(R"({"type":"array","items":"int"})", "\x03\x04\2\4\0"s), "f json [1,2]");
}

TEST(Protobuf, WhatDoesNotFitIsABadRecord) {
  const auto schema = protobuf("syntax = \"proto3\"; message A { int32 n = 1; string s = 2; } message B { message C { bool c = 1; } google.protobuf.Timestamp t = 1; }"s);
  EXPECT_TRUE(with_schema("protobuf", schema, "\0"s).starts_with("bad: schema 1: the schema: B.t: \"google.protobuf.Timestamp\"")) << "not imported";
  const auto good = protobuf("syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\"; message A { int32 n = 1; string s = 2; } message B { google.protobuf.Timestamp t = 1; float f = 2; }");
  EXPECT_EQ(with_schema("protobuf", good, "\0\x08\x02\x12\x01x"s), "n int64 2\ns text x");
  EXPECT_EQ(with_schema("protobuf", good, "\0\x12\x01\xFF"s), "bad: not a Protobuf message of the type A");
  EXPECT_EQ(with_schema("protobuf", good, "\0\x12\x05x"s), "bad: not a Protobuf message of the type A");
  EXPECT_EQ(with_schema("protobuf", good, "\0\x0D\1\2\3\4"s), "bad: field of the message: a value that its type in the schema does not allow");
  EXPECT_EQ(with_schema("protobuf", good, ""), "bad: the list of message indexes is broken");
  EXPECT_EQ(with_schema("protobuf", good, "\x01"), "bad: the list of message indexes is broken");
  EXPECT_EQ(with_schema("protobuf", good, "\x02\x01"), "bad: the list of message indexes is broken");
  EXPECT_EQ(with_schema("protobuf", good, "\x02\x04"), "bad: schema 1 has no message at these indexes");
  EXPECT_EQ(with_schema("protobuf", good, "\x04\x02\x00"s), "bad: schema 1 has no message at these indexes");
  EXPECT_EQ(with_schema("protobuf", good, "\x02\x02\x0A\x02\x10\x01"), "bad: field t: finer than a microsecond");
  EXPECT_EQ(with_schema("protobuf", good, "\x02\x02\x15\0\0\xC0\x7F"s), "bad: field f: NaN");
  EXPECT_TRUE(with_schema("protobuf", protobuf("message {"), "\0"s).starts_with("bad: schema 1: the schema: line 1"));
  EXPECT_EQ(with_schema("protobuf", protobuf("syntax = \"proto3\";"), "\0"s), "bad: schema 1: the schema has no message");
  EXPECT_TRUE(with_schema("protobuf", protobuf("syntax = \"proto2\"; message A { required int32 n = 1; }"), "\0"s).starts_with("bad: required fields are missing: n"));
}

TEST(Protobuf, ReferencesAndConfluentsOwnFiles) {
  Written order = protobuf("syntax = \"proto3\"; import \"corp/address.proto\"; import \"confluent/meta.proto\"; import \"confluent/type/decimal.proto\"; "
                           "option (confluent.file_meta).doc = \"d\"; message Order { corp.Address to = 1; confluent.type.Decimal total = 2 [(confluent.field_meta).doc = \"x\", deprecated = true]; }");
  order.references = {{"corp/city.proto", "syntax = \"proto3\"; package corp; message City { string name = 1; }"},
                      {"corp/address.proto", "syntax = \"proto3\"; package corp; import \"corp/city.proto\"; message Address { City city = 1; }"}};
  EXPECT_EQ(with_schema("protobuf", order, "\0\x0A\x05\x0A\x03\x0A\x01x\x12\x06\x0A\x02\x04\xD2\x18\x02"s), "to json {\"city\":{\"name\":\"x\"}}\ntotal decimal 12.34");
}

TEST(JsonSchemas, GiveFieldsTheirTypes) {
  const auto schema = json(R"({"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["id"],"properties":{
"id":{"type":"integer"},"total":{"oneOf":[{"type":"null"},{"type":"number"}]},"note":{"type":["string","null"]},"yes":{"type":"boolean"},"to":{"$ref":"#/definitions/Address"},
"tags":{"type":"array"},"mixed":{"type":["string","integer"]},"any":{},"sum":{"anyOf":[{"type":"integer"},{"type":"number"}]}},"definitions":{"Address":{"type":"object"}}})");
  EXPECT_EQ(with_schema("json-schema", schema, R"({"total":12.5,"id":7,"to":{"b":1,"a":2},"more":1.0})"),
            "id int64 7\ntotal decimal 12.5\nnote text null\nyes bool null\nto json {\"b\":1,\"a\":2}\ntags json null\nmixed json null\nany json null\nsum decimal null\nmore decimal 1.0");
  EXPECT_EQ(with_schema("json-schema", schema, R"({"id":"7x"})"), "bad: field id: 7x is not int64");
  EXPECT_EQ(with_schema("json-schema", schema, R"({"id":1,"id":2})"), "bad: field id: is there twice");
  EXPECT_EQ(with_schema("json-schema", schema, "{"), "bad: not JSON");
  EXPECT_EQ(with_schema("json-schema", json(R"({"type":"string"})"), "\"x\""), "value text x");
  EXPECT_EQ(with_schema("json-schema", json("true"), "{\"a\":1}"), "a int64 1");
  EXPECT_EQ(with_schema("json-schema", json(R"({"allOf":[{"properties":{"a":{"type":"string"}}},{"$ref":"#/$defs/B"}],"$defs":{"B":{"properties":{"b":{"$ref":"#/$defs/B"}}}}})"), R"({"a":"x"})"),
            "a text x\nb json null");
}

TEST(Expect, TellsTheFieldsOfATopicsLatestSchema) {
  Shelf shelf;
  shelf.schemas[1] = avro(R"({"type":"record","name":"R","fields":[{"name":"a","type":["null","int"]}]})");
  shelf.schemas[2] = protobuf("syntax = \"proto3\"; message A { uint64 n = 1; }");
  shelf.schemas[3] = json(R"({"properties":{"x":{"type":"integer"}}})");
  shelf.subjects = {{"a-value", 1}, {"p-key", 2}, {"j-value", 3}};
  const auto expected = [&shelf](const char* format, const char* topic, bool key) {
    Decoded decoded;
    const auto one = decoder(format, &shelf, {}, key);  // the names are its own
    const sdk::Status status = one->expect(topic, decoded);
    return told(status, decoded);
  };
  EXPECT_EQ(expected("avro", "a", false), "a int64 null");
  EXPECT_EQ(expected("avro", "a", true), "");
  EXPECT_EQ(expected("protobuf", "p", true), "n uint64 null");
  EXPECT_EQ(expected("protobuf", "a", false), "") << "a schema of another language tells nothing";
  EXPECT_EQ(expected("json-schema", "j", false), "x int64 null");
  EXPECT_EQ(expected("string", "any", true), "key text null");
  EXPECT_EQ(expected("int64", "any", false), "value int64 null");
  shelf.away = true;
  EXPECT_EQ(expected("avro", "a", false), "wait: away");
}

}  // namespace meshgate::kafka::format
