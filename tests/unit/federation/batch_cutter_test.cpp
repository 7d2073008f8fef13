#include "gateway/federation/batch_cutter.hpp"

#include <gmock/gmock.h>

#include "mesh/item.hpp"
#include "mesh/lines.hpp"

namespace meshgate::federation {
namespace {

using testing::HasSubstr;

const std::string kEpoch(32, 'a');

Cursor cursor(int seq) { return *Cursor::parse(kEpoch + "." + std::to_string(seq)); }

std::string page(int seq) {
  std::string out;
  append_gone(out, Seq{static_cast<std::uint64_t>(seq)}, "x");
  append_mark(out, {.cursor = cursor(seq), .digest = {}});
  return out;
}

TEST(BatchCutter, BatchesComeBackAsTheyWere) {
  BatchCutter cutter(1000);
  EXPECT_TRUE(cutter.between());
  cutter.add(batch_head({"orders", "so\"uth"}, cursor(3)) + page(4) + batch_head({"notes", ""}, {}) + page(9));
  auto first = cutter.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->part, (Part{"orders", "so\"uth"}));
  EXPECT_EQ((*first)->after, cursor(3));
  EXPECT_EQ((*first)->page, page(4));
  EXPECT_FALSE(cutter.between());
  auto second = cutter.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->part, (Part{"notes", ""}));
  EXPECT_TRUE((*second)->after.start());
  EXPECT_EQ((*second)->page, page(9));
  EXPECT_TRUE(cutter.between());
  const auto none = cutter.next();
  EXPECT_TRUE(none && !*none);
}

TEST(BatchCutter, HoweverTheyArePutTogether) {
  const std::string bytes = batch_head({"orders", "north"}, cursor(3)) + page(4) + batch_head({"orders", "north"}, cursor(4)) + page(5);
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    BatchCutter cutter(1000);
    std::string pages;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      cutter.add(std::string_view(bytes).substr(at, step));
      for (auto batch = cutter.next();; batch = cutter.next()) {
        ASSERT_TRUE(batch) << batch.error().message;
        if (!*batch) break;
        pages += (*batch)->page;
      }
    }
    EXPECT_EQ(pages, page(4) + page(5)) << step;
    EXPECT_TRUE(cutter.between());
  }
}

TEST(BatchCutter, APartitionMayBeLeftOut) {
  BatchCutter cutter(1000);
  cutter.add("{\"of\": {\"after\": \"0\", \"feed\": \"notes\"}}\n{\"mark\": {}}\n");
  const auto batch = cutter.next();
  ASSERT_TRUE(batch && *batch);
  EXPECT_EQ((*batch)->part, (Part{"notes", ""}));
  EXPECT_EQ((*batch)->page, "{\"mark\": {}}\n") << "what stands in a page is not looked at here";
}

TEST(BatchCutter, WhatIsNoBatchIsRefused) {
  for (const std::string line : {"", "x", "{}", R"({"of":1})", R"({"of":{"feed":"a"}})", R"({"of":{"feed":"a","after":"x"}})", R"({"of":{"feed":1,"after":"0"}})",
                                 R"({"of":{"feed":"a","after":"0","partition":1}})"}) {
    BatchCutter cutter(1000);
    cutter.add(line + "\n");
    const auto batch = cutter.next();
    ASSERT_FALSE(batch) << line;
    EXPECT_EQ(batch.error().code, Code::config);
    EXPECT_THAT(batch.error().message, HasSubstr("before a page stands a line"));
  }
  BatchCutter cutter(1000);
  cutter.add(std::string(20000, ' '));
  EXPECT_FALSE(cutter.next()) << "a first line that does not end";
}

TEST(BatchCutter, APageHasALimit) {
  const std::string bytes = page(4);
  for (const std::size_t most : {bytes.size(), bytes.size() - 1}) {
    BatchCutter cutter(most);
    cutter.add(batch_head({"orders", "north"}, cursor(3)) + bytes);
    EXPECT_EQ(cutter.next().has_value(), most == bytes.size());
  }
  BatchCutter cutter(100);
  cutter.add(batch_head({"orders", "north"}, cursor(3)) + std::string(101, 'x'));
  const auto batch = cutter.next();
  ASSERT_FALSE(batch) << "one that does not end";
  EXPECT_EQ(batch.error().code, Code::unsupported);
}

}  // namespace
}  // namespace meshgate::federation
