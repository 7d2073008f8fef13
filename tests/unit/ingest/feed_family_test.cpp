#include "gateway/ingest/feed_family.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace meshgate::ingest {
namespace {

StreamName stream(std::string group, std::string title, bool own = false) {
  std::string name = group.empty() ? title : group + "." + title;
  return {.name = std::move(name), .group = std::move(group), .title = std::move(title), .own = own};
}

FeedFamily family(std::vector<std::string> patterns, std::vector<std::string> entries = {}) {
  FeedFamily out{.name = "erp", .place = {}, .patterns = Patterns(std::move(patterns)), .stream_name = "table", .common = {}, .entries = std::move(entries)};
  out.common.stream = {{"track", "at"}};
  return out;
}

std::vector<std::string> names(const Expansion& from) {
  std::vector<std::string> out;
  for (const FeedOptions& feed : from.feeds) out.push_back(feed.name);
  return out;
}

TEST(FeedFamily, NamesTellTheGroupThatIsNotMeantAnyway) {
  EXPECT_EQ(feed_of(family({}), stream("public", "orders", true)).name, "erp.orders");
  EXPECT_EQ(feed_of(family({}), stream("sales", "orders")).name, "erp.sales.orders");
  EXPECT_EQ(feed_of(family({}), stream("", "orders.csv", true)).name, "erp.orders.csv");
}

TEST(FeedFamily, NamesHaveOnlyWhatNamesMayHave) {
  EXPECT_EQ(feed_of(family({}), stream("public", "my table", true)).name, "erp.my_table");
  EXPECT_EQ(feed_of(family({}), stream("public", "größe/é", true)).name, "erp.gr__e__");
  EXPECT_EQ(feed_of(family({}), stream("a.b", "c.d")).name, "erp.a_b.c_d") << "a dot in a name is no border";
}

TEST(FeedFamily, GivesEachFeedTheStreamAndWhatIsCommon) {
  const Expansion found = expand(family({"sales.*", "x.*"}), {stream("sales", "orders"), stream("stock", "items")});
  ASSERT_EQ(names(found), std::vector<std::string>{"erp.sales.orders"});
  const Settings& settings = found.feeds[0].stream;
  ASSERT_EQ(settings.size(), 2U);
  EXPECT_EQ(settings[0].value, "at");
  EXPECT_EQ(settings[1].name, "table");
  EXPECT_EQ(settings[1].value, "sales.orders");
  EXPECT_EQ(found.idle, std::vector<std::string>{"x.*"});
}

TEST(FeedFamily, OfTwoWithOneNameTheExactOneHasIt) {
  const Expansion found = expand(family({"*"}), {stream("public", "a b", true), stream("public", "a_b", true)});
  ASSERT_EQ(names(found), std::vector<std::string>{"erp.a_b"});
  EXPECT_EQ(found.feeds[0].stream.back().value, "public.a_b");
  ASSERT_EQ(found.unfit.size(), 1U);
  EXPECT_EQ(found.unfit[0].why, "streams 'public.a b' and 'public.a_b' would both be feed 'erp.a_b': leave one out with a pattern that begins with '!', and give it an entry of its own");
  const Expansion neither = expand(family({"*"}), {stream("public", "a b", true), stream("public", "a/b", true)});
  EXPECT_TRUE(neither.feeds.empty());
  EXPECT_EQ(neither.unfit.size(), 2U);
}

TEST(FeedFamily, AnEntryKeepsItsName) {
  const Expansion found = expand(family({"*"}, {"erp.orders"}), {stream("public", "orders", true), stream("public", "items", true)});
  EXPECT_EQ(names(found), std::vector<std::string>{"erp.items"});
  ASSERT_EQ(found.unfit.size(), 1U);
  EXPECT_NE(found.unfit[0].why.find("'erp.orders', which has an entry of its own"), std::string::npos) << found.unfit[0].why;
}

TEST(FeedFamily, NamesThatCannotBeAreTold) {
  const Expansion found = expand(family({"*"}), {stream("public", std::string(100, 'x'), true), stream("public", "a\nb", true)});
  EXPECT_TRUE(found.feeds.empty());
  ASSERT_EQ(found.unfit.size(), 2U);
  EXPECT_NE((found.unfit[0].why + found.unfit[1].why).find("longer than a name can be"), std::string::npos);
  EXPECT_NE((found.unfit[0].why + found.unfit[1].why).find("has a control character"), std::string::npos);
}

TEST(FeedFamily, IsRememberedByTheStore) {
  const auto folder = std::filesystem::temp_directory_path() / ("family_" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  auto store = store::Store::open({.folder = folder});
  ASSERT_TRUE(store) << store.error().message;
  const FeedFamily all = family({"sales.*", "*"});
  for (const StreamName& one : {stream("sales", "orders"), stream("public", "my table", true), stream("sales", "tmp_1")}) {
    const FeedOptions feed = feed_of(all, one);
    auto made = (*store)->feed(feed.name);
    ASSERT_TRUE(made);
    ASSERT_TRUE((*made)->define({}, feed.rules(), false));
  }
  auto stranger = (*store)->feed("erp.sales.by_hand");
  ASSERT_TRUE(stranger);
  ASSERT_TRUE((*stranger)->define({}, "fields: all\nfrom table=sales.by_hand", false));

  SourceOptions source;
  source.families = {family({"sales.*", "*", "!sales.tmp_*"})};
  const auto known = remembered(source, **store);
  ASSERT_TRUE(known);
  ASSERT_EQ(known->size(), 2U);
  EXPECT_EQ((*known)[0].name, "erp.my_table");
  EXPECT_EQ((*known)[0].rules(), feed_of(all, stream("public", "my table", true)).rules());
  EXPECT_EQ((*known)[1].stream.back().value, "sales.orders");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace meshgate::ingest
