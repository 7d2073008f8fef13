#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

#include "tests/fault/store_faulty_disk.hpp"
#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

using ::testing::HasSubstr;

class StoreDisk : public ::testing::Test {
 protected:
  Folder folder_;
  std::shared_ptr<FaultyDisk> disk_ = std::make_shared<FaultyDisk>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(disk_);
};

TEST_F(StoreDisk, AFullDiskPausesWritingAndGoesOnByItself) {
  auto store = opened(folder_ / "data", env_.get());
  auto feed = feed_of(*store);
  commit(*feed, put("1", "{}"));
  disk_->full = true;
  const auto refused = feed->commit(put("2", "{}"), nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::no_space);
  EXPECT_THAT(refused.error().message, HasSubstr("no room on the disk"));
  EXPECT_EQ(store->writing(), Writing::disk_full);
  EXPECT_EQ(feed->state().seq, Seq{1});
  EXPECT_EQ(brief(page(*feed)), "+1:1:1") << "reading goes on";
  EXPECT_EQ(feed->commit(put("2", "{}"), nullptr).error().code, Code::no_space);
  disk_->full = false;
  commit(*feed, put("3", "{}"));
  EXPECT_EQ(store->writing(), Writing::fine);
  feed.reset();
  store.reset();
  store = opened(folder_ / "data");
  feed = feed_of(*store);
  EXPECT_EQ(brief(page(*feed)), "+1:1:1 +2:3:1");
  expect_whole(*feed);
}

TEST_F(StoreDisk, AFailedSyncStopsWritingUntilRestart) {
  auto store = opened(folder_ / "data", env_.get());
  auto feed = feed_of(*store);
  commit(*feed, put("1", "{}"));
  disk_->sync_fails = true;
  const auto first = feed->commit(put("2", "{}"), nullptr);
  ASSERT_FALSE(first);
  EXPECT_THAT(first.error().message, HasSubstr("restart this node"));
  EXPECT_EQ(store->writing(), Writing::stopped);
  disk_->sync_fails = false;
  const auto later = feed->commit(put("3", "{}"), nullptr);
  ASSERT_FALSE(later) << "a page the kernel dropped may be missing: no write may follow";
  EXPECT_THAT(later.error().message, HasSubstr("stopped after a failed write"));
  EXPECT_EQ(feed->standing("")->head, Seq{1});
  feed.reset();
  store.reset();
  store = opened(folder_ / "data");
  feed = feed_of(*store);
  commit(*feed, put("4", "{}"));
  expect_whole(*feed);
}

/// A small file system of its own, when the test may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& at) : at_(at) {
    std::filesystem::create_directories(at);
    mounted_ = mount("tmpfs", at.c_str(), "tmpfs", 0, "size=24m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::filesystem::path at_;
  bool mounted_ = false;
};

void fill_to_the_last_byte(const std::filesystem::path& file, std::uint64_t leave) {
  const auto room = std::filesystem::space(file.parent_path()).available;
  std::ofstream out(file, std::ios::binary);
  const std::string block(4096, 'x');
  for (std::uint64_t i = 0; i + leave < room; i += block.size()) out << block;
}

TEST_F(StoreDisk, ARealFullDisk) {
  const SmallDisk small(folder_ / "small");
  if (!small.mounted()) GTEST_SKIP() << "mounting a small tmpfs needs root";
  const auto data = folder_ / "small/data";
  auto store = opened(data);
  auto feed = feed_of(*store);
  commit(*feed, put("0", "{}"));
  fill_to_the_last_byte(folder_ / "small/ballast", 1U << 20U);
  const std::string wide = "{\"a\":\"" + std::string(20000, 'x') + "\"}";
  std::size_t acknowledged = 0;
  for (std::size_t i = 1; i < 5000 && store->writing() == Writing::fine; ++i) {
    const auto done = feed->commit(put(std::to_string(i), wide), nullptr);
    if (done) acknowledged = i;
    if (!done) {
      EXPECT_EQ(done.error().code, Code::no_space) << done.error().message;
    }
  }
  ASSERT_EQ(store->writing(), Writing::disk_full);
  std::filesystem::remove(folder_ / "small/ballast");
  commit(*feed, put("last", wide));
  EXPECT_EQ(store->writing(), Writing::fine);
  EXPECT_EQ(feed->state().count, acknowledged + 2);
  expect_whole(*feed);
  feed.reset();
  store.reset();
  store = opened(data);
  feed = feed_of(*store);
  EXPECT_EQ(feed->state().count, acknowledged + 2);
  expect_whole(*feed);
}

}  // namespace
}  // namespace meshgate::store
