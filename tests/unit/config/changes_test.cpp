#include "config/changes.hpp"

#include <gtest/gtest.h>

namespace meshgate::config {
namespace {

using Names = std::vector<std::string>;

Names between(std::string_view before, std::string_view after) {
  Diagnostics faults;
  const auto old = parse_yaml(before, "old.yaml", faults);
  const auto fresh = parse_yaml(after, "new.yaml", faults);
  EXPECT_TRUE(faults.empty()) << faults.text();
  return changes(old, fresh);
}

constexpr std::string_view kBefore = "node: { log: info, listen: a }\nfeeds:\n  orders: { from: { source: erp, table: t } }\n  people: { from: { source: erp } }\n";

TEST(Changes, TheSameIsTheSameHoweverItIsWritten) {
  EXPECT_EQ(between(kBefore, kBefore), Names{});
  EXPECT_EQ(between(kBefore, "feeds:\n  people: { from: { source: erp } }\n  orders:\n    from: { table: t, source: erp }\nnode:\n  listen: a\n  log: info\n"), Names{});
}

TEST(Changes, NamesTwoLevels) {
  EXPECT_EQ(between(kBefore, "node: { log: debug, listen: a }\nfeeds:\n  orders: { from: { source: erp, table: u } }\n  people: { from: { source: erp } }\n"),
            (Names{"node.log", "feeds.orders"}));
}

TEST(Changes, NamesWhatCameAndWhatWent) {
  EXPECT_EQ(between(kBefore, "node: { log: info, listen: a, name: n }\nfeeds:\n  orders: { from: { source: erp, table: t } }\n"), (Names{"node.name", "feeds.people"}));
  EXPECT_EQ(between(kBefore, "node: { log: info, listen: a }\n"), Names{"feeds"});
  EXPECT_EQ(between("node: { log: info }", "node: { log: info }\nfeeds: { a: { b: c } }"), Names{"feeds"});
}

TEST(Changes, AListIsOneThing) { EXPECT_EQ(between("node: { cors: [ a, b ] }", "node: { cors: [ a ] }"), Names{"node.cors"}); }

TEST(Changes, QuotesMatter) { EXPECT_EQ(between("node: { name: 1 }", "node: { name: \"1\" }"), Names{"node.name"}); }

}  // namespace
}  // namespace meshgate::config
