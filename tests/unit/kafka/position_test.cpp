#include "connectors/kafka/position.hpp"

#include <gtest/gtest.h>

#include "connectors/sdk/connector.h"

namespace meshgate::kafka {

namespace {

Position some() {
  Position out;
  out.end_seen_ms = 1790000000000;
  out.cluster = "bWVzaGdhdGU";
  out.partitions = {{{"", 0}, {.next = 118, .last = 117, .fingerprint = 0x9ae16a3b2f90404fU}}, {{"", 11}, {.next = 5}}};
  out.columns = {{"key", MG_TEXT, 1}, {"a name\nof two lines", MG_DECIMAL, 0}};
  return out;
}

}  // namespace

TEST(KafkaPosition, IsReadAsItWasWritten) {
  Position position = some();
  EXPECT_EQ(Position::parse(position.text()), position);
  position.scanning = false;
  position.cluster.clear();
  EXPECT_EQ(Position::parse(position.text()), position);
}

TEST(KafkaPosition, NamesTheTopicsOfSeveral) {
  Position position = some();
  EXPECT_EQ(position.text().find("\nt "), std::string::npos);
  position.partitions = {{{"clicks-eu", 0}, {.next = 7}}, {{"clicks-eu", 1}, {.next = 8}}, {{"clicks-us", 0}, {.next = 9}}};
  EXPECT_EQ(Position::parse(position.text()), position);
  EXPECT_NE(position.text().find("\nt clicks-eu\np 0 7 -1 0\np 1 8"), std::string::npos) << position.text();
}

TEST(KafkaPosition, IsNotGuessed) {
  const std::string good = some().text();
  ASSERT_TRUE(Position::parse(good));
  for (size_t size = 0; size + 1 < good.size(); ++size) {
    const auto part = Position::parse(good.substr(0, size));
    EXPECT_FALSE(part && part->columns.size() == 2) << size;
  }
  for (const char* bad : {"", "1", "2 scan 0 x\np 0 1 0 0\n", "1 scan 0 x\n", "1 scan -1 x\np 0 1 0 0\n", "1 look 0 x\np 0 1 0 0\n", "1 scan 0 x\np 0 1 1 0\n", "1 scan 0 x\np -1 1 0 0\n",
                          "1 scan 0 x\np 0 1 0 0\np 0 1 0 0\n", "1 scan 0 x\np 0 1 0 0 0\n", "1 scan 0 x\np 0 1 0 0\nc 15 0 1 a\n", "1 scan 0 x\np 0 1 0 0\nc 7 0 99 a\n", "1 scan 0 x\nq 0 1 0 0\n", "1 scan 0 x\nt \np 0 1 0 0\n", "1 scan 0 x\nt a\n"}) {
    EXPECT_FALSE(Position::parse(bad)) << bad;
  }
}

TEST(KafkaPosition, AFingerprintTellsWhatWasAddedApart) {
  const auto of = [](std::string_view one, std::string_view two) {
    Fingerprint print;
    print.add(one);
    print.add(two);
    return print.value();
  };
  EXPECT_EQ(of("ab", "c"), of("ab", "c"));
  EXPECT_NE(of("ab", "c"), of("a", "bc"));
  EXPECT_NE(of("", "abc"), of("abc", ""));
}

}  // namespace meshgate::kafka
