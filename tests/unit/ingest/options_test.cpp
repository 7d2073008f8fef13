#include "gateway/ingest/options.hpp"

#include <gtest/gtest.h>

#include "tests/unit/ingest/scripted_source.hpp"

namespace meshgate::ingest {
namespace {

class OptionsTest : public ::testing::Test {
 protected:
  std::vector<SourceOptions> read(const std::string& yaml) {
    const auto root = config::parse_yaml(yaml, "mesh.yaml", faults_);
    const auto find = [this](const std::string& name, const config::Place& place) -> std::optional<Plugin> {
      if (name == "scripted") return scripted_plugin(table_);
      faults_.add(place, "there is no connector '" + name + "'");
      return std::nullopt;
    };
    return read_sources(root["sources"], root["feeds"], find, secrets_, faults_);
  }

  ScriptedTable table_;
  config::Diagnostics faults_;
  config::Secrets secrets_;
};

constexpr const char* kSource = "sources: { erp: { connector: scripted, every: 250ms } }\n";

TEST_F(OptionsTest, HowItemsAreShownIsNoPartOfTheRules) {
  const std::string plain = std::string(kSource) + "feeds:\n  orders:\n    from: { source: erp, table: sales }\n";
  const auto before = read(plain);
  const auto shown = read(plain + "    title: \"{id} in {zone}\"\n    link: \"https://shop.example/{id}\"\n");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_TRUE(shown[0].feeds[0].definition.presentation().title);
  EXPECT_EQ(shown[0].feeds[0].rules(), before[0].feeds[0].rules());
  (void)read(plain + "    titel: id\n    link: ftp://x\n");
  EXPECT_EQ(faults_.text(),
            "mesh.yaml:5:5: unknown key 'titel' (did you mean 'title'?)\n"
            "mesh.yaml:6:11: a link begins with http:// or https:// and has a field in it (write link: \"https://shop.example/orders/{number}\", or name the field that holds it)\n");
}

TEST_F(OptionsTest, ReadsASourceWithItsFeeds) {
  const auto sources = read(std::string(kSource) + "feeds:\n  orders:\n    from: { source: erp, table: sales }\n    partition: zone\n");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].every, std::chrono::milliseconds(250));
  ASSERT_EQ(sources[0].feeds.size(), 1U);
  const auto& feed = sources[0].feeds[0];
  EXPECT_EQ(feed.name, "orders");
  ASSERT_EQ(feed.stream.size(), 2U);
  EXPECT_EQ(feed.stream[0].name, "table");
  EXPECT_EQ(feed.stream[0].value, "sales");
  EXPECT_TRUE(feed.definition.divided());
}

TEST_F(OptionsTest, RulesTellAChangedTableAndAChangedMapping) {
  const auto one = read(std::string(kSource) + "feeds: { a: { from: { source: erp, table: x } }, b: { from: { source: erp, table: y } },"
                                               " c: { from: { source: erp, table: x }, fields: [id] }, d: { from: { source: erp, table: x } } }");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  const auto& feeds = one[0].feeds;
  EXPECT_NE(feeds[0].rules(), feeds[1].rules());
  EXPECT_NE(feeds[0].rules(), feeds[2].rules());
  EXPECT_EQ(feeds[0].rules(), feeds[3].rules());
}

TEST_F(OptionsTest, WhatIsKeptIsNoRule) {
  const std::string plain = "feeds: { a: { from: { source: erp, table: x, shape: events }";
  const auto one = read(kSource + plain + ", keep: { age: 30d, count: 1000 } } }");
  const auto other = read(kSource + plain + " } }");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_EQ(one[0].feeds[0].keep, (store::Keep{Micros{std::int64_t{30} * 86'400'000'000}, 1000}));
  EXPECT_TRUE(one[0].feeds[0].events);
  EXPECT_FALSE(other[0].feeds[0].keep);
  EXPECT_EQ(one[0].feeds[0].rules(), other[0].feeds[0].rules());
}

TEST_F(OptionsTest, OnlyEventsAreKeptForATime) {
  (void)read(std::string(kSource) + "feeds:\n  a:\n    from: { source: erp, table: x }\n    keep: { age: 1d }\n  b:\n    from: { source: erp, tables: [ x ] }\n    keep: { count: 1 }\n"
                                    "  c:\n    from: { peer: hub }\n    keep: { count: 1 }\n  d:\n    from: { source: erp, table: x, shape: events }\n    keep: {}\n");
  const std::string why = "`keep` is for events, and what this feed reads changes and goes at its source (leave it out; where each record is an event, say so, as in "
                          "from: { topic: clicks, shape: events })\n";
  EXPECT_EQ(faults_.text(), "mesh.yaml:5:11: " + why + "mesh.yaml:8:11: " + why +
                                "mesh.yaml:11:11: `keep` belongs to the node that reads the source (leave it out: what expires there expires here too)\n"
                                "mesh.yaml:14:11: `keep` says neither how long nor how many (write keep: { age: 30d }, keep: { count: 1000000 } or both)\n");
}

TEST_F(OptionsTest, HowOftenIsNoRule) {
  const auto one = read(std::string(kSource) + "feeds: { a: { from: { source: erp, table: x } }, b: { from: { source: erp, table: x, again: hourly } } }");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  const auto& feeds = one[0].feeds;
  EXPECT_EQ(feeds[0].rules(), feeds[1].rules());
  EXPECT_EQ(feeds[0].rules_after(feeds[1].rules()), feeds[0].rules());
}

TEST_F(OptionsTest, RulesThatWereKeptWithHowOftenStay) {
  const auto one = read(std::string(kSource) + "feeds: { a: { from: { source: erp, table: x } } }");
  const auto& feed = one[0].feeds[0];
  const std::string before = feed.rules() + "\nfrom again=weekly";
  EXPECT_EQ(feed.rules_after(before), before);
  EXPECT_EQ(feed.rules_after(before + "\nfrom zone=UTC"), feed.rules());
  EXPECT_EQ(feed.rules_after(""), feed.rules());
}

TEST_F(OptionsTest, TheGuardHasDefaultsAndKeysOfItsOwn) {
  const auto sources = read(std::string(kSource) + "feeds: { a: { from: { source: erp, table: x } }, b: { from: { source: erp, table: x }, guard: { share: 2.5%, count: 7 } } }");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  EXPECT_EQ(sources[0].feeds[0].guard.share, 1000U);
  EXPECT_EQ(sources[0].feeds[0].guard.count, 100U);
  EXPECT_EQ(sources[0].feeds[1].guard.share, 250U);
  EXPECT_EQ(sources[0].feeds[1].guard.count, 7U);
  EXPECT_EQ(sources[0].feeds[0].rules(), sources[0].feeds[1].rules()) << "the guard changes no item";
}

TEST_F(OptionsTest, OfPeopleAndGroupsFewerDeletesAreMadeWithoutAsking) {
  const auto sources = read(std::string(kSource) + "feeds: { _users: { from: { source: erp, table: x } }, _groups: { from: { source: erp, table: x }, guard: { count: 3, protected: [ \"1\", root ] } } }");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  const Guard& users = sources[0].feeds[0].guard;
  EXPECT_EQ(users.share, 500U);
  EXPECT_EQ(users.count, 10U);
  EXPECT_FALSE(users.keeps("1", {}));
  const Guard& groups = sources[0].feeds[1].guard;
  EXPECT_EQ(groups.share, 500U);
  EXPECT_EQ(groups.count, 3U);
  EXPECT_TRUE(groups.keeps("1", {}) && groups.keeps("root", {}) && !groups.keeps("2", {}));
  EXPECT_TRUE(groups.keeps("5f0c", R"({"name":"Root"})") && groups.by_name && users.by_name) << "also by name";
}

TEST_F(OptionsTest, TablesMakeAFamilyWithWhatIsCommon) {
  const auto sources = read(std::string(kSource) + "feeds: { all: { from: { source: erp, tables: [ \"*\", \"!tmp_*\" ] }, partition: zone }, all.x: { from: { source: erp, table: x } } }");
  ASSERT_TRUE(faults_.empty()) << faults_.text();
  ASSERT_EQ(sources[0].families.size(), 1U);
  const FeedFamily& family = sources[0].families[0];
  EXPECT_EQ(family.name, "all");
  EXPECT_EQ(family.stream_name, "table");
  EXPECT_EQ(family.patterns.all(), (std::vector<std::string>{"*", "!tmp_*"}));
  ASSERT_EQ(family.common.stream.size(), 1U);
  EXPECT_EQ(family.common.stream[0].name, "again") << "the default of another setting; the table is each feed's own";
  EXPECT_TRUE(family.common.definition.divided());
  EXPECT_EQ(family.entries, std::vector<std::string>{"all.x"});
}

struct Wrong {
  const char* yaml;
  const char* said;
};

class WrongOptionsTest : public OptionsTest, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongOptionsTest, IsSaidWithItsPlace) {
  read(std::string(kSource) + GetParam().yaml);
  EXPECT_FALSE(faults_.empty());
  EXPECT_NE(faults_.text().find(GetParam().said), std::string::npos) << faults_.text();
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongOptionsTest,
    ::testing::Values(Wrong{"feeds: { a: { from: { source: epr, table: x } } }", "mesh.yaml:2:31: there is no source 'epr' (did you mean 'erp'?)"},
                      Wrong{"feeds: { a: { from: { table: x } } }", "missing key 'source'"},
                      Wrong{"feeds: { a: { from: { source: erp, tabel: x } } }", "did you mean 'table'?"},
                      Wrong{"feeds: { a: { form: { source: erp } } }", "did you mean 'from'?"},
                      Wrong{"feeds: { a: { from: { source: erp, table: x }, where: \"x > 1\" } }", "`where` is not in this version"},
                      Wrong{"feeds: { a: { from: { source: erp, table: x }, guard: { share: 10 } } }", "mesh.yaml:2:64: 'share' must be a share such as 10%, not '10'"},
                      Wrong{"feeds: { a: { from: { source: erp, table: x }, guard: { share: 101% } } }", "'share' must be a share such as 10%"},
                      Wrong{"feeds: { a: { from: { source: erp, table: x }, guard: { count: -1 } } }", "mesh.yaml:2:64: 'count': '-1' is less than the least, 0"},
                      Wrong{"feeds: { a: { from: { source: erp, table: x }, guard: { counts: 1 } } }", "did you mean 'count'?"},
                      Wrong{"feeds: { a: { from: { source: erp, table: x }, guard: off } }", "'guard' must be a mapping such as { key: value }"},
                      Wrong{"feeds: { a: { from: { source: erp, tables: [x], table: x } } }", "`table` and `tables` exclude each other"},
                      Wrong{"feeds: { a: { from: { source: erp, tables: [] } } }", "`tables` names nothing"},
                      Wrong{"feeds: { a: { from: { source: erp, tables: [x], kye: 1 } } }", "unknown key 'kye'"},
                      Wrong{"feeds: { a: { from: { source: erp, tables: [x] } }, a.b: { from: { source: erp, tables: [y] } } }", "could have the same names"},
                      Wrong{"feeds: { _people: { from: { source: erp, table: x } } }", "cannot be the name of a feed"},
                      Wrong{"feeds: { \"a/b\": { from: { source: erp, table: x } } }", "cannot be the name of a feed"}));

TEST_F(OptionsTest, AConnectorThatIsNotThereIsSaid) {
  read("sources: { erp: { connector: oracle } }\nfeeds: { a: { from: { source: erp } } }");
  EXPECT_NE(faults_.text().find("mesh.yaml:1:30: there is no connector 'oracle'"), std::string::npos) << faults_.text();
}

}  // namespace
}  // namespace meshgate::ingest
