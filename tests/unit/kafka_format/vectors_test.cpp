// Every golden vector of vectors.txt, which vectors.py makes with Apache's and Google's own encoders.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <vector>

#include "tests/unit/kafka_format/shelf.hpp"

namespace meshgate::kafka::format {

namespace {

struct Vector {
  std::string name;
  std::string language;
  std::string schema;
  std::string bytes;
  std::string fields;
};

std::string from_hex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::vector<Vector> vectors() {
  std::vector<Vector> out;
  std::ifstream in(MESHGATE_VECTORS);
  for (std::string line; std::getline(in, line);) {
    const size_t space = line.find(' ');
    const std::string word = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    if (word == "case") out.push_back({.name = rest});
    if (word == "schema") {
      out.back().language = rest.substr(0, rest.find(' '));
      out.back().schema = rest.substr(rest.find(' ') + 1);
    }
    if (word == "bytes") out.back().bytes = from_hex(rest);
    if (word == "field") out.back().fields += (out.back().fields.empty() ? "" : "\n") + rest;
  }
  return out;
}

Shelf shelf_of(const Vector& vector) {
  Shelf shelf;
  shelf.schemas[1] = {.language = vector.language == "avro" ? Written::Language::avro : Written::Language::protobuf, .text = vector.schema, .references = {}};
  return shelf;
}

}  // namespace

TEST(Vectors, AreRead) {
  const auto all = vectors();
  ASSERT_GE(all.size(), 30U);
  for (const Vector& each : all) {
    Shelf shelf = shelf_of(each);
    EXPECT_EQ(told(*decoder(each.language, &shelf), framed(1, each.bytes)), each.fields) << each.name;
  }
}

TEST(Vectors, OfAvroAreRefusedWhenCutAnywhereOrLonger) {
  for (const Vector& each : vectors()) {
    if (each.language != "avro") continue;
    Shelf shelf = shelf_of(each);
    const auto made = decoder("avro", &shelf);
    const std::string whole = framed(1, each.bytes);
    for (size_t size = 0; size < whole.size(); ++size) EXPECT_TRUE(told(*made, whole.substr(0, size)).starts_with("bad: ")) << each.name << " " << size;
    EXPECT_EQ(told(*made, whole + '\0'), "bad: bytes stand behind the Avro value") << each.name;
  }
}

TEST(Vectors, WithAnyByteChangedGiveFieldsOrAReason) {
  const auto given = std::getenv("MESHGATE_TEST_SEED");
  const auto seed = given != nullptr ? static_cast<std::mt19937::result_type>(std::stoul(given)) : std::random_device{}();
  std::cout << "MESHGATE_TEST_SEED=" << seed << '\n';
  std::mt19937 random(seed);
  for (const Vector& each : vectors()) {
    Shelf shelf = shelf_of(each);
    const auto made = decoder(each.language, &shelf);
    for (size_t at = 5; at < each.bytes.size() + 5; ++at) {
      std::string bytes = framed(1, each.bytes);
      bytes[at] = static_cast<char>(random());
      const std::string said = told(*made, bytes);
      EXPECT_FALSE(said.starts_with("code ")) << each.name << " " << said;
    }
  }
}

}  // namespace meshgate::kafka::format
