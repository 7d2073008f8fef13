// What Debezium 3.6.1 wrote of a PostgreSQL 15 table of every type, as tests/unit/kafka_format/debezium/ keeps it: a line a message, key and value.
// debezium/changes.sql says what was done.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/kafka_format/shelf.hpp"

namespace meshgate::kafka::format {

namespace {

/// What each message says; "tombstone" where there is no value.
std::vector<std::string> told_all(const std::string& file) {
  std::ifstream in(std::string(MESHGATE_CAPTURES) + "/" + file);
  const auto values = decoder("debezium");
  const auto keys = decoder("debezium", nullptr, {}, true);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    const size_t tab = line.find('\t');
    const std::string key = line.substr(0, tab);
    const std::string value = line.substr(tab + 1);
    out.push_back((key == "NULL" ? "no key" : told(*keys, key)) + " | " + (value == "NULL" ? "tombstone" : told(*values, value)));
  }
  return out;
}

std::string empty_but(const std::string& id, const std::string& field = {}, const std::string& value = {}) {
  const std::pair<const char*, const char*> fields[] = {{"b", "bool"},       {"i2", "int64"},         {"i8", "int64"},      {"r4", "float32"}, {"r8", "float64"},  {"n", "decimal"},
                                                        {"nn", "decimal"},   {"t", "text"},           {"c", "text"},        {"y", "bytes"},    {"d", "date"},      {"tm", "time"},
                                                        {"ts", "timestamp"}, {"ts3", "timestamp"},    {"tz", "timestamptz"}, {"u", "uuid"},     {"j", "json"},      {"ia", "json"},
                                                        {"ta", "json"},      {"iv", "int64"},         {"big", "text"}};
  std::string out = "id int64 " + id + " | id int64 " + id;
  for (const auto& [name, kind] : fields) out.append(1, '\n').append(name).append(1, ' ').append(kind).append(1, ' ').append(name == field ? value : "null");
  return out;
}

}  // namespace

TEST(DebeziumCapture, WithItsSchemaIsExact) {
  const auto all = told_all("with_schema.tsv");
  ASSERT_EQ(all.size(), 14U);
  EXPECT_EQ(all[0],
            "id int64 1 | id int64 1\nb bool true\ni2 int64 -32768\ni8 int64 9223372036854775807\nr4 float32 0.1\nr8 float64 1e+300\nn decimal 12.50\nnn decimal 1\nt text Zoë\n"
            "c text ab  \ny bytes AP8=\nd date 2026-01-05\ntm time 23:59:59.999999\nts timestamp 2026-01-05T10:15:09.123456\nts3 timestamp 2026-01-05T10:15:09.123000\n"
            "tz timestamptz 2026-01-05T10:15:09.123456Z\nu uuid 01234567-89ab-cdef-0123-456789abcdef\nj json {\"a\": 1.50}\nia json [1,null]\nta json [\"x\",\"y\"]\n"
            "iv int64 86400000000\nbig text small");
  EXPECT_EQ(all[1], empty_but("2"));
  EXPECT_NE(all[2].find("\nn decimal -0.01\nnn decimal -123456789012345678901234567890.123456789\n"), std::string::npos) << all[2];
  EXPECT_NE(all[2].find("\nd date 0001-01-01\ntm time null\nts timestamp 9999-12-31T23:59:59.999999\nts3 timestamp null\ntz timestamptz 1969-12-31T23:59:59.999999Z\n"), std::string::npos);
  EXPECT_NE(all[2].find("\nbig text xxx"), std::string::npos);
  EXPECT_TRUE(all[3].starts_with("id int64 3 | bad: field big: Debezium did not send its value")) << all[3];
  EXPECT_EQ(all[4], "id int64 2 | remove") << "an update of the key";
  EXPECT_EQ(all[5], "id int64 2 | tombstone");
  EXPECT_EQ(all[6], empty_but("4"));
  EXPECT_EQ(all[7], "id int64 4 | remove");
  EXPECT_EQ(all[8], "id int64 4 | tombstone");
  EXPECT_EQ(all[9], "id int64 5 | bad: field d: -2147472692 is a date outside the years 1 to 9999") << "infinity";
  EXPECT_EQ(all[10], "id int64 6 | bad: field r8: \"NaN\" is not a number");
  EXPECT_EQ(all[11], empty_but("7")) << "Debezium itself has made a numeric NaN null";
  EXPECT_EQ(all[12], "no key | clear");
  EXPECT_EQ(all[13], empty_but("8", "t", "last"));
}

TEST(DebeziumCapture, WithoutItsSchemaSaysTheSameOfWhatIsThere) {
  const auto typed = told_all("with_schema.tsv");
  const auto bare = told_all("without_schema.tsv");
  ASSERT_EQ(bare.size(), typed.size());
  EXPECT_TRUE(bare[0].starts_with("id int64 1 | id int64 1\nb bool true\ni2 int64 -32768\ni8 int64 9223372036854775807\nr4 decimal 0.1\n")) << bare[0];
  EXPECT_NE(bare[0].find("\nd int64 20458\n"), std::string::npos) << "a date is the number that Debezium wrote";
  for (const size_t same : {4U, 5U, 7U, 8U, 12U}) EXPECT_EQ(bare[same], typed[same]);
  EXPECT_TRUE(bare[3].starts_with("id int64 3 | bad: field big: Debezium did not send its value")) << bare[3];
}

}  // namespace meshgate::kafka::format
