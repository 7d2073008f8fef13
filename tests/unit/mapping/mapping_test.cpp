#include "mapping/mapping.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

}  // namespace

// Counts what the mapping allocates; malloc and free are the real ones. Never inlined: g++ 12 would see only one of a pair and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace meshgate::mapping {
namespace {

std::unique_ptr<const Mapping> compiled(const std::string& yaml, const Schema& schema) {
  config::Diagnostics out;
  const auto root = config::parse_yaml(yaml, "m.yaml", out);
  auto made = Mapping::compile(Definition::read(root["fields"], root["id"], root["partition"], out), schema, {}, {}, out);
  EXPECT_TRUE(out.empty()) << out.text();
  return made;
}

Schema table() {
  Schema out;
  out.fields = {{"region", Type::text, true, 2, {}}, {"number", Type::int64, true, 1, {}}, {"note", Type::text, true, 0, {}}};
  return out;
}

/// A record over three values.
struct Row {
  std::array<Value, 3> values;
  Record record;

  Row(std::string_view region, std::int64_t number, std::string_view note)
      : values{Value::of_text(Type::text, region), Value::of_int64(number), Value::of_text(Type::text, note)} {
    record.values = values;
  }
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;
};

TEST(Mapping, KeyIsThatOfTheRecord) {
  const Schema schema = table();
  const auto mapping = compiled("x: 1", schema);
  for (const char* region : {"a", "a,b", "50%", "%2C", ",", "%", "x%25y,z"}) {
    const Row row(region, -7, "n");
    std::string expected;
    ASSERT_TRUE(append_key(expected, schema, row.values));
    std::string key;
    ASSERT_TRUE(mapping->key_of(row.record, key));
    EXPECT_EQ(key, expected);
    std::vector<std::string> storage;
    const auto values = mapping->key_values(key, storage);
    ASSERT_EQ(values.size(), 2U) << key;
    EXPECT_EQ(values[0].integer, -7);
    EXPECT_EQ(values[1].text, region);
  }
}

TEST(Mapping, KeysThatAreNone) {
  const auto mapping = compiled("x: 1", table());
  std::vector<std::string> storage;
  for (const char* key : {"", "1", "x,a", "1,", ",a", "1,a,b", "1,%zz"}) EXPECT_TRUE(mapping->key_values(key, storage).empty()) << key;
}

TEST(Mapping, KeyLimit) {
  const auto mapping = compiled("x: 1", table());
  MappedItem item;
  const std::string most(kMaxIdBytes - 2, 'r');
  EXPECT_TRUE(mapping->apply(Row(most, 1, "n").record, item));
  EXPECT_EQ(item.id.size(), kMaxIdBytes);
  EXPECT_FALSE(mapping->apply(Row(most + "r", 1, "n").record, item));
  EXPECT_EQ(item.key, "");
  EXPECT_FALSE(mapping->apply(Row(std::string(kMaxIdBytes / 2, ','), 1, "n").record, item));
}

TEST(Mapping, RemovesNeedOnlyTheKey) {
  const auto mapping = compiled("x: 1", table());
  Row row("a", 1, "n");
  row.record.operation = Operation::remove;
  row.values[2] = Value::none();
  std::string key;
  ASSERT_TRUE(mapping->key_of(row.record, key));
  EXPECT_EQ(key, "1,a");
}

TEST(Mapping, BadValuesNameTheFieldAndNotTheValue) {
  const auto mapping = compiled("fields: { remark: note }", table());
  MappedItem item;
  const Status done = mapping->apply(Row("a", 1, "topsecret\xFF").record, item);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::bad_record);
  EXPECT_EQ(done.error().message, "field 'remark': the text is not valid UTF-8");
  EXPECT_EQ(item.key, "1,a");
}

TEST(Mapping, AnotherTypeThanAnnounced) {
  const auto mapping = compiled("x: 1", table());
  Row row("a", 1, "n");
  row.values[2] = Value::of_int64(5);
  MappedItem item;
  const Status done = mapping->apply(row.record, item);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "field 'note': the source announced text but gave int64");
}

TEST(Mapping, TooLarge) {
  const auto mapping = compiled("fields: [note]", table());
  const std::string huge((std::size_t{32} << 20U) + 1, 'x');
  MappedItem item;
  const Status done = mapping->apply(Row("a", 1, huge).record, item);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "the item is larger than 32 MiB");
}

TEST(Mapping, AllocatesNothingOnceItsBuffersHaveGrown) {
  const auto mapping = compiled(
      "fields: { \"*\": true, label: \"{region}: {note}\", t: { column: number, cast: text } }\nid: \"o-{number}-{region}\"\n"
      "partition: [region, \"p-{number}\"]",
      table());
  const Row row("a region, longer than a small string", 123456789, "a note that is longer than a small string");
  MappedItem item;
  ASSERT_TRUE(mapping->apply(row.record, item));
  const std::size_t before = allocations;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(mapping->apply(row.record, item));
  EXPECT_EQ(allocations, before);
}

TEST(Mapping, FingerprintDoesNotDependOnOrder) {
  config::Diagnostics out;
  const auto read = [&](const char* yaml) {
    const auto root = config::parse_yaml(yaml, "m.yaml", out);
    return Definition::read(root["fields"], root["id"], root["partition"], out).fingerprint();
  };
  EXPECT_EQ(read("fields: { a: x, b: y }"), read("fields: { b: y, a: \"x\" }"));
  EXPECT_EQ(read("fields: [x, y]"), read("fields: { y: y, x: x }"));
  EXPECT_NE(read("fields: { a: x }"), read("fields: { a: \"{x}\" }"));
  EXPECT_NE(read("fields: { a: { const: \"1\" } }"), read("fields: { a: { const: 1 } }"));
  EXPECT_NE(read("id: [x, y]"), read("id: [y, x]"));
  EXPECT_EQ(read("fields: { \"*\": true }"), Definition().fingerprint());
  EXPECT_FALSE(Definition().divided());
}

}  // namespace
}  // namespace meshgate::mapping
