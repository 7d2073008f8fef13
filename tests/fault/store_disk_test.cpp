#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <latch>

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

/// The thread that flushes is busy elsewhere until let go.
class BusyFlusher {
 public:
  explicit BusyFlusher(rocksdb::Env& env) : env_(env) {
    env.Schedule([](void* gate) { static_cast<std::latch*>(gate)->wait(); }, &gate_, rocksdb::Env::HIGH);
  }
  /// Returns when it has done what had been waiting for it.
  void let_go() {
    gate_.count_down();
    env_.Schedule([](void* done) { static_cast<std::latch*>(done)->count_down(); }, &done_, rocksdb::Env::HIGH);
    done_.wait();
  }

 private:
  rocksdb::Env& env_;
  std::latch gate_{1};
  std::latch done_{1};
};

/// RocksDB forgets the flush of a memory table when the write that sealed it fails before that flush begins.
TEST_F(StoreDisk, AFlushThatRocksDbForgetsIsSaid) {
  Options options;
  options.folder = folder_ / "data";
  options.env = env_.get();
  options.write_buffer_bytes = 256U << 10U;
  options.resume_within = std::chrono::milliseconds(500);
  auto store = Store::open(options);
  ASSERT_TRUE(store) << store.error().message;
  auto feed = feed_of(**store);
  BusyFlusher flusher(*env_);
  disk_->next_log_full = true;
  const std::string wide = "{\"a\":\"" + std::string(5000, 'x') + "\"}";
  int acknowledged = 0;
  while (feed->commit(put(std::to_string(acknowledged), wide), nullptr)) ++acknowledged;
  disk_->next_log_full = disk_->log_full = false;
  flusher.let_go();
  const auto refused = feed->commit(put("more", wide), nullptr);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("restart this node"));
  EXPECT_EQ((*store)->writing(), Writing::stopped);
  feed.reset();
  store->reset();
  auto again = opened(folder_ / "data");
  feed = feed_of(*again);
  EXPECT_EQ(feed->state().count, static_cast<std::uint64_t>(acknowledged));
  expect_whole(*feed);
}

/// 1,000 items with ids from `first` on.
Batch rows(int first) {
  Batch out("rows");
  for (int id = first; id < first + 1000; ++id) out.put(std::to_string(id), std::to_string(id), "{}", kWhole);
  out.set_position({std::to_string(first)});
  return out;
}

TEST_F(StoreDisk, AFullDiskInALoadLosesOnlyWhatWasKeptBack) {
  auto store = opened(folder_ / "data", env_.get());
  auto feed = feed_of(*store);
  commit(*feed, rows(1));
  ASSERT_TRUE(feed->gather(rows(2000), nullptr));
  disk_->full = true;
  EXPECT_EQ(feed->finish().error().code, Code::no_space);
  EXPECT_EQ(store->writing(), Writing::disk_full);
  EXPECT_EQ(feed->state().count, 1000U);
  EXPECT_EQ((*feed->position("rows"))->bytes, "1");
  disk_->full = false;
  EXPECT_EQ(commit(*feed, rows(2000)).added, 1000U);
  EXPECT_EQ(store->writing(), Writing::fine);
  expect_whole(*feed);
}

TEST_F(StoreDisk, ALoadThatFailedInAnotherWriteIsToldToWhoGaveIt) {
  auto store = opened(folder_ / "data", env_.get());
  auto feed = feed_of(*store);
  ASSERT_TRUE(feed->gather(rows(1), nullptr));
  disk_->full = true;
  EXPECT_FALSE(feed->define({}, "others", false));
  disk_->full = false;
  EXPECT_EQ(feed->gather(rows(2000), nullptr).error().code, Code::no_space) << "a hole would be behind it";
  EXPECT_TRUE(feed->gather(rows(1), nullptr));
  EXPECT_TRUE(feed->finish());
  EXPECT_EQ(feed->state().count, 1000U);
  expect_whole(*feed);
}

TEST_F(StoreDisk, AFailedSyncInALoadStopsWriting) {
  auto store = opened(folder_ / "data", env_.get());
  auto feed = feed_of(*store);
  ASSERT_TRUE(feed->gather(rows(1), nullptr));
  disk_->sync_fails = true;
  EXPECT_THAT(feed->finish().error().message, HasSubstr("restart this node"));
  disk_->sync_fails = false;
  EXPECT_FALSE(feed->gather(rows(1), nullptr));
  EXPECT_EQ(store->writing(), Writing::stopped);
}

/// The moment between a load's files and the write that makes them count.
class HalfALoad : public StoreDisk {
 protected:
  void SetUp() override {
    store_ = opened(folder_ / "data", env_.get());
    feed_ = feed_of(*store_);
    commit(*feed_, rows(1));
    ASSERT_TRUE(feed_->gather(rows(2000), nullptr));
    disk_->log_full = true;
    ASSERT_EQ(feed_->finish().error().code, Code::no_space);
    disk_->log_full = false;
  }
  std::unique_ptr<Store> store_;
  std::shared_ptr<Feed> feed_;
};

TEST_F(HalfALoad, IsNotShown) {
  EXPECT_EQ(feed_->state().count, 1000U);
  const auto all = feed_->changes("", {}, {.entries = 5000});
  ASSERT_TRUE(all);
  EXPECT_EQ(all->entries, 1000U);
  EXPECT_TRUE(all->end);
  EXPECT_EQ(all->mark.cursor.seq, Seq{1000});
}

TEST_F(HalfALoad, GoesWithTheNextWrite) {
  EXPECT_EQ(commit(*feed_, rows(501)).added, 500U);
  EXPECT_EQ(feed_->state().count, 1500U);
  expect_whole(*feed_);
}

TEST_F(HalfALoad, IsFollowedByCommits) {
  ASSERT_TRUE(feed_->gather(rows(2000), nullptr));
  EXPECT_EQ(feed_->state().count, 2000U) << "nothing is kept back after a write has failed";
  EXPECT_TRUE(feed_->finish());
  expect_whole(*feed_);
}

TEST_F(HalfALoad, GoesWithTheNextOpen) {
  feed_.reset();
  store_.reset();
  const auto read_only = Store::open_to_read(folder_ / "data");
  ASSERT_TRUE(read_only) << read_only.error().message;
  int added = 0;
  ASSERT_TRUE(feed_of(**read_only)->rehearse(rows(2000), nullptr, [&](const Difference& one) { added += one.kind == Difference::Kind::added ? 1 : 0; }));
  EXPECT_EQ(added, 1000) << "what does not count is not there for a plan either";
  store_ = opened(folder_ / "data");
  feed_ = feed_of(*store_);
  expect_whole(*feed_);
  EXPECT_EQ(feed_->state().count, 1000U);
  EXPECT_EQ(commit(*feed_, rows(2000)).added, 1000U);
  expect_whole(*feed_);
}

/// The same of a first copy: two pages are there, a third was kept back, of which one item had moved.
class HalfACopy : public StoreDisk {
 protected:
  void SetUp() override {
    store_ = opened(folder_ / "data", env_.get());
    origin_ = feed_of(*store_, "origin");
    copy_ = feed_of(*store_, "copy");
    for (int first = 1; first <= 3000; first += 1000) commit(*origin_, rows(first));
    Batch loaded("rows");
    loaded.set_loading(false);
    commit(*origin_, loaded);
    ASSERT_TRUE(follow(1000));
    ASSERT_TRUE(follow(1000));
    ASSERT_TRUE(copy_->finish());
    durable_ = copy_->followed("");
    commit(*origin_, put("7", R"({"moved":true})"));
    for (int first = 5000; first <= 7000; first += 1000) commit(*origin_, rows(first));
    ASSERT_TRUE(follow(2500));
    disk_->log_full = true;
    ASSERT_EQ(copy_->finish().error().code, Code::no_space);
    disk_->log_full = false;
    EXPECT_EQ(copy_->followed(""), durable_);
  }
  [[nodiscard]] Status follow(std::uint64_t entries) {
    auto page = origin_->changes("", at_, {.entries = entries, .bytes = 1U << 30U});
    if (!page) return page.error();
    auto taken = copy_->follow("", at_, page->lines, page->mark);
    if (taken) at_ = page->mark.cursor;
    whole_ = page->mark.caught_up;
    return taken;
  }
  void expect_goes_on() {
    at_ = copy_->followed("");
    while (!whole_) ASSERT_TRUE(follow(1000));
    expect_whole(*copy_);
    EXPECT_EQ(copy_->state().count, 6000U);
    const PageLimits all{.entries = 1U << 20U, .bytes = 1U << 30U};
    EXPECT_EQ(copy_->changes("", {}, all)->lines, origin_->changes("", {}, all)->lines);
  }
  std::unique_ptr<Store> store_;
  std::shared_ptr<Feed> origin_;
  std::shared_ptr<Feed> copy_;
  Cursor at_;
  Cursor durable_;
  bool whole_ = false;
};

TEST_F(HalfACopy, GoesWithTheNextPage) { expect_goes_on(); }

TEST_F(HalfACopy, GoesWithTheNextOpen) {
  copy_.reset();
  origin_.reset();
  store_.reset();
  store_ = opened(folder_ / "data");
  origin_ = feed_of(*store_, "origin");
  copy_ = feed_of(*store_, "copy");
  EXPECT_EQ(copy_->followed(""), durable_);
  expect_whole(*copy_);
  expect_goes_on();
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
  fill_to_the_last_byte(folder_ / "small/ballast", 5U << 20U);
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
  EXPECT_GT(acknowledged, 0U);
  EXPECT_GT(std::filesystem::space(data).available, 1U << 20U) << "the database itself never meets the end of the disk";
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
