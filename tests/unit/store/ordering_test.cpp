#include "gateway/store/ordering.hpp"

#include <map>
#include <random>

#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

class OrderingTest : public ::testing::Test {
 protected:
  Folder folder_;
  std::unique_ptr<Store> store_ = opened(folder_ / "data");
  std::shared_ptr<Feed> feed_ = feed_of(*store_);

  PlacedPage order(Seq after = {}, std::uint64_t entries = 1000) {
    auto out = in_order(*feed_, after, {.entries = entries, .bytes = 1U << 20U});
    EXPECT_TRUE(out) << out.error().message;
    return out ? std::move(*out) : PlacedPage{};
  }

  /// "+<seq>:<id>[<partitions>]", "-<seq>:<id>".
  static std::string shown(const PlacedPage& page) {
    std::string out;
    for (const Placed& one : page.items) {
      out.append(out.empty() ? "" : " ").append(one.gone ? "-" : "+").append(std::to_string(number(one.seq))).append(":").append(one.item.id);
      if (one.gone) continue;
      out += '[';
      for (const auto& partition : one.item.partitions) out += partition;
      out += ']';
    }
    return out;
  }
};

TEST_F(OrderingTest, AnUndividedFeedIsItsOnePartition) {
  commit(*feed_, put("1", "{}"));
  commit(*feed_, put("2", R"({"a":1})"));
  commit(*feed_, put("1", R"({"a":2})"));
  commit(*feed_, removed("2"));
  EXPECT_EQ(shown(order()), "+3:1[] -4:2");
  EXPECT_EQ(order().items[0].item.content, R"({"a":2})");
  EXPECT_EQ(order().items[0].item.rev.n, 2U);
  EXPECT_EQ(shown(order(Seq{3})), "-4:2");
  const PlacedPage first = order({}, 1);
  EXPECT_EQ(first.through, Seq{3});
  EXPECT_FALSE(first.end);
  EXPECT_TRUE(order(Seq{4}).end);
  EXPECT_EQ(order(Seq{4}).through, Seq{4});
}

TEST_F(OrderingTest, AnItemInSeveralPartitionsHasOnePlace) {
  ASSERT_TRUE(feed_->define({}, "", true));
  commit(*feed_, put("1", "1", "{}", {"a", "b"}));
  commit(*feed_, put("2", "2", "{}", {"b"}));
  EXPECT_EQ(shown(order()), "+1:1[ab] +2:2[b]");
}

TEST_F(OrderingTest, LeavingOnePartitionIsNoDelete) {
  ASSERT_TRUE(feed_->define({}, "", true));
  commit(*feed_, put("1", "1", "{}", {"a", "b"}));
  commit(*feed_, put("1", "1", "{}", {"b"}));
  const PlacedPage left = order(Seq{1});
  EXPECT_EQ(shown(left), "+2:1[b]");
  commit(*feed_, put("1", "1", "{}", {"c"}));
  const PlacedPage moved = order(left.through);
  ASSERT_EQ(moved.items.size(), 1U);
  EXPECT_EQ(moved.items[0].item.partitions, Names{"c"});
  commit(*feed_, removed("1"));
  const PlacedPage gone = order(moved.through);
  ASSERT_EQ(gone.items.size(), 1U);
  EXPECT_TRUE(gone.items[0].gone);
  EXPECT_EQ(gone.items[0].item.id, "1");
}

TEST_F(OrderingTest, ExpiredItemsAreNotShown) {
  for (int i = 1; i <= 5; ++i) commit(*feed_, put(std::to_string(i), "{}"));
  ASSERT_TRUE(feed_->trim("", Seq{3}));
  EXPECT_EQ(shown(order()), "+4:4[] +5:5[]");
  EXPECT_EQ(order().through, feed_->state().seq);
}

/// Whoever reads page by page, however small, while items come, change, move and go, ends with what the feed is, and meets no place twice.
TEST_F(OrderingTest, PagesFoldToTheFeed) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  ASSERT_TRUE(feed_->define({}, "", true));
  const std::vector<Names> places = {{"a"}, {"b"}, {"a", "b"}, {"c"}, {"b", "c"}};
  std::map<std::string, StoredItem> fold;
  std::map<std::string, Seq> last;
  Seq through{0};
  const auto read = [&](std::uint64_t entries) {
    const PlacedPage page = order(through, entries);
    for (const Placed& one : page.items) {
      EXPECT_GT(one.seq, through);
      EXPECT_GT(one.seq, last[one.item.id]);
      last[one.item.id] = one.seq;
      if (one.gone) fold.erase(one.item.id);
      else fold[one.item.id] = one.item;
    }
    through = page.through;
    return page.end;
  };
  for (int turn = 0; turn < 400; ++turn) {
    const std::string id = std::to_string(random() % 30);
    if (random() % 4 == 0) commit(*feed_, removed(id));
    else commit(*feed_, put(id, id, R"({"v":)" + std::to_string(random() % 3) + "}", places[random() % places.size()]));
    if (random() % 3 == 0) read(1 + random() % 5);
  }
  while (!read(7)) {
  }
  const auto all = feed_->items({}, "", 1000);
  ASSERT_TRUE(all);
  ASSERT_EQ(fold.size(), all->items.size());
  for (const StoredItem& item : all->items) {
    EXPECT_EQ(fold[item.id].rev, item.rev) << item.id;
    EXPECT_EQ(fold[item.id].content, item.content) << item.id;
    EXPECT_EQ(fold[item.id].partitions, item.partitions) << item.id;
  }
}

TEST_F(OrderingTest, ACopyHasNoOneOrder) {
  const auto copy = store_->copy("copied", {.uid = FeedUid{Bits128{1, 2}}, .schema = {}, .divided = true});
  ASSERT_TRUE(copy);
  Mark mark{.cursor = *Cursor::parse("00000000000000000000000000000001.0"), .caught_up = true};
  ASSERT_TRUE((*copy)->follow("a", {}, "", mark));
  const auto read = in_order(**copy, {}, {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::unsupported);
}

}  // namespace
}  // namespace meshgate::store
