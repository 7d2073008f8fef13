#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "gateway/store/birth.hpp"
#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Error refused(const std::filesystem::path& folder) {
  Options options;
  options.folder = folder;
  const auto store = Store::open(options);
  EXPECT_FALSE(store);
  return store ? Error{} : store.error();
}

TEST(StoreTest, FeedsAreKeptByName) {
  const Folder folder;
  FeedUid uid;
  {
    const auto store = opened(folder / "deep/data");
    uid = feed_of(*store, "orders")->state().uid;
    static_cast<void>(feed_of(*store, "customers"));
    EXPECT_EQ(feed_of(*store, "orders")->state().uid, uid);
  }
  const auto store = opened(folder / "deep/data");
  EXPECT_THAT(store->names(), ElementsAre("customers", "orders"));
  EXPECT_EQ(feed_of(*store, "orders")->state().uid, uid);
  EXPECT_TRUE(feed_of(*store, "orders")->state().loading);
}

TEST(StoreTest, ADroppedFeedIsGoneAndItsNameBeginsAnew) {
  const Folder folder;
  const auto store = opened(folder / "data");
  const auto old = feed_of(*store);
  commit(*old, put("1", "{}"));
  const auto uid = old->state().uid;
  ASSERT_TRUE(store->drop("f"));
  EXPECT_EQ(store->drop("f").error().code, Code::not_found);
  EXPECT_EQ(old->commit(put("2", "{}"), nullptr).error().code, Code::not_found);
  const auto fresh = feed_of(*store);
  EXPECT_NE(fresh->state().uid, uid);
  EXPECT_EQ(brief(page(*fresh)), "");
  expect_whole(*fresh);
}

TEST(StoreTest, AFolderInUseIsRefused) {
  const Folder folder;
  const auto store = opened(folder / "data");
  const auto error = refused(folder / "data");
  EXPECT_EQ(error.code, Code::conflict);
  EXPECT_THAT(error.message, HasSubstr("in use by another process"));
}

TEST(StoreTest, ANewerFormatIsRefused) {
  const Folder folder;
  opened(folder / "data").reset();
  std::ofstream(folder / "data/FORMAT") << "meshgate store 2\n";
  const auto error = refused(folder / "data");
  EXPECT_EQ(error.code, Code::unsupported);
  EXPECT_THAT(error.message, HasSubstr("store format 2, this program knows 1"));
}

TEST(StoreTest, AForeignFolderIsRefused) {
  const Folder folder;
  opened(folder / "data").reset();
  std::ofstream(folder / "data/FORMAT") << "something else\n";
  EXPECT_EQ(refused(folder / "data").code, Code::corrupt);
  std::filesystem::remove(folder / "data/FORMAT");
  EXPECT_THAT(refused(folder / "data").message, HasSubstr("no FORMAT file"));
}

TEST(StoreTest, ABackupIsRestoredWithANewEpochAndNoPositions) {
  const Folder folder;
  const auto store = opened(folder / "data");
  const auto feed = feed_of(*store);
  Batch batch = put("1", "{}");
  batch.set_position({"p"});
  batch.set_loading(false);
  commit(*feed, batch);
  ASSERT_TRUE(store->backup(folder / "backup"));
  EXPECT_EQ(store->backup(folder / "backup").error().code, Code::conflict);
  commit(*feed, put("2", "{}"));
  ASSERT_TRUE(Store::restore(folder / "backup", folder / "again"));
  EXPECT_EQ(Store::restore(folder / "backup", folder / "again").error().code, Code::conflict);
  EXPECT_EQ(Store::restore(folder / "nothing", folder / "other").error().code, Code::not_found);
  const auto restored = opened(folder / "again");
  const auto old = feed_of(*restored);
  EXPECT_EQ(brief(page(*old)), "+1:1:1");
  EXPECT_NE(old->state().epoch, feed->state().epoch);
  EXPECT_EQ(old->state().uid, feed->state().uid);
  EXPECT_FALSE((*old->position("rows")).has_value());
  EXPECT_TRUE(old->state().loading);
  EXPECT_FALSE(page(*old).mark.caught_up);
  EXPECT_EQ(page(*old, "", page(*feed).mark.cursor).answer, Answer::other_epoch);
  EXPECT_EQ(commit(*old, put("1", "{}")).unchanged, 1U);
  expect_whole(*old);
}

struct Found {
  bool copied = false;
  Epoch own;
  Epoch followed;
};
Found found_in(const std::filesystem::path& folder) {
  const auto store = opened(folder);
  return {was_copied(*store), feed_of(*store)->state().epoch, feed_of(*store, "copy")->state().epoch};
}

TEST(StoreTest, AFolderThatWasCopiedCountsAsRestored) {
  const Folder folder;
  {
    const auto store = opened(folder / "data");
    const auto feed = feed_of(*store);
    commit(*feed, put("1", "{}"));
    const auto copy = *store->copy("copy", {feed->state().uid, {}, false});
    const Page all = page(*feed);
    ASSERT_TRUE(copy->follow("", {}, all.lines, all.mark));
  }
  const Found before = found_in(folder / "data");
  EXPECT_FALSE(before.copied);
  std::filesystem::copy(folder / "data", folder / "copied", std::filesystem::copy_options::recursive);
  const Found copied = found_in(folder / "copied");
  EXPECT_TRUE(copied.copied);
  EXPECT_NE(copied.own, before.own);
  EXPECT_EQ(copied.followed, before.followed) << "an order of another node's goes on";
  EXPECT_EQ(found_in(folder / "copied").own, copied.own) << "once";
  std::filesystem::rename(folder / "data", folder / "moved");
  EXPECT_EQ(found_in(folder / "moved").own, before.own) << "it is still the same folder";
}

TEST(StoreTest, WritersOfSeveralFeedsAndReadersAtOnce) {
  const Folder folder;
  const auto store = opened(folder / "data");
  constexpr int kCommits = 60;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < 4; ++writer) {
    const auto feed = feed_of(*store, "f" + std::to_string(writer % 2));
    threads.emplace_back([feed, writer] {
      for (int i = 0; i < kCommits; ++i) {
        Batch batch("rows");
        const std::string id = std::to_string(writer * kCommits + i);
        batch.put(id, id, "{}", kWhole);
        EXPECT_TRUE(feed->commit(batch, nullptr));
      }
    });
    threads.emplace_back([feed] {
      Cursor at;
      std::uint64_t met = 0;
      while (met < 2 * kCommits) {
        const auto one = feed->changes("", at, {.entries = 7, .bytes = 1U << 20U});
        ASSERT_TRUE(one);
        met += one->entries;
        at = one->mark.cursor;
      }
    });
  }
  for (std::thread& one : threads) one.join();
  for (const char* name : {"f0", "f1"}) {
    EXPECT_EQ(feed_of(*store, name)->state().count, 2U * kCommits);
    expect_whole(*feed_of(*store, name));
  }
  EXPECT_EQ(store->writing(), Writing::fine);
  EXPECT_FALSE(store->figures().empty());
}

}  // namespace
}  // namespace meshgate::store
