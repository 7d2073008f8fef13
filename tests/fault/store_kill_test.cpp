#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <iostream>

#include "tests/fault/store_script.hpp"
#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

/// The writer as a child process; its acknowledgements come through a pipe.
class Writer {
 public:
  /// `what`: "script", "scan" or "copy".
  Writer(const std::filesystem::path& folder, std::string what) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string program(MESHGATE_STORE_WRITER);
    std::string where = folder.string();
    char* words[] = {program.data(), what.data(), where.data(), nullptr};
    if (posix_spawn(&child_, program.c_str(), &actions, nullptr, words, environ) != 0) child_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    from_ = ends[0];
  }
  ~Writer() { close(from_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] bool acknowledged() {
    char byte = 0;
    const bool got = read(from_, &byte, 1) == 1;
    if (got) ++count_;
    return got;
  }
  /// All acknowledgements, also those that were still in the pipe.
  std::uint64_t kill_now() {
    kill(child_, SIGKILL);
    while (acknowledged()) {
    }
    int status = 0;
    waitpid(child_, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    return count_;
  }

 private:
  pid_t child_ = -1;
  int from_ = -1;
  std::uint64_t count_ = 0;
};

ScriptItems stored_items(const Feed& feed) {
  ScriptItems out;
  const auto all = feed.items(std::nullopt, "", ~std::size_t{0});
  EXPECT_TRUE(all) << all.error().message;
  for (const StoredItem& item : all->items) out[item.id] = {item.content, item.partitions};
  return out;
}

void kill_and_check(int kills) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const Folder folder;
  std::uint64_t known = 0;
  std::uint64_t played = 0;
  ScriptItems expected;
  for (int i = 0; i < kills; ++i) {
    Writer writer(folder / "data", "script");
    for (std::uint64_t wanted = random() % 40; wanted > 0; --wanted) ASSERT_TRUE(writer.acknowledged()) << "the writer ended by itself";
    known += writer.kill_now();
    const auto store = opened(folder / "data");
    ASSERT_TRUE(store);
    const auto feed = feed_of(*store);
    const auto position = feed->position("rows");
    ASSERT_TRUE(position);
    const std::uint64_t reached = *position ? std::stoull((*position)->bytes) : 0;
    ASSERT_GE(reached, known) << "an acknowledged batch is missing";
    while (played < reached) static_cast<void>(script_batch(++played, expected));
    ASSERT_EQ(stored_items(*feed), expected) << "after batch " << reached;
    expect_whole(*feed);
    known = reached;
  }
}

/// Of a first scan whole batches are there, up to the Position and none beyond it, all that were finished among them, whatever it was killed in.
void kill_scans_and_check(int kills) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const Folder folder;
  std::uint64_t reached = 0;
  for (int i = 0; i < kills; ++i) {
    Writer writer(folder / "data", "scan");
    for (std::uint64_t wanted = random() % 60; wanted > 0; --wanted) ASSERT_TRUE(writer.acknowledged()) << "the writer ended by itself";
    const std::uint64_t finished = (reached + writer.kill_now()) / kFinished * kFinished;
    const auto store = opened(folder / "data");
    ASSERT_TRUE(store);
    const auto feed = feed_of(*store);
    const auto position = feed->position("rows");
    ASSERT_TRUE(position);
    const std::uint64_t now = *position ? std::stoull((*position)->bytes) : 0;
    ASSERT_GE(now, std::max(reached, finished)) << "a finished batch is missing";
    ASSERT_EQ(feed->state().count, now * scan_batch(0).size());
    expect_whole(*feed);
    reached = now;
  }
  EXPECT_GT(reached, 0U);
  std::cout << reached << " batches\n";
}

/// The same of a first copy: whole pages up to the cursor, and what is beyond it has left nothing.
void kill_copies_and_check(int kills) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << '\n';
  std::mt19937_64 random(seed);
  const Folder folder;
  std::uint64_t reached = 0;
  for (int i = 0; i < kills; ++i) {
    Writer writer(folder / "data", "copy");
    for (std::uint64_t wanted = random() % 60; wanted > 0; --wanted) ASSERT_TRUE(writer.acknowledged()) << "the writer ended by itself";
    const std::uint64_t finished = (reached + writer.kill_now()) / kFinished * kFinished;
    const auto store = opened(folder / "data");
    ASSERT_TRUE(store);
    const auto feed = feed_of(*store);
    const std::uint64_t now = number(feed->followed("").seq) / 1000;
    ASSERT_GE(now, std::max(reached, finished)) << "a finished page is missing";
    ASSERT_EQ(feed->followed(""), copy_mark(now).cursor);
    expect_whole(*feed);
    reached = now;
  }
  EXPECT_GT(reached, 0U);
  std::cout << reached << " pages\n";
}

TEST(StoreKill, AFirstCopyIsThereUpToItsCursor) { kill_copies_and_check(MESHGATE_KILLS); }

TEST(StoreKill, AFirstScanIsThereUpToItsPosition) { kill_scans_and_check(MESHGATE_KILLS); }

TEST(StoreKill, NothingAcknowledgedIsLostAndBatchesAreWhole) { kill_and_check(MESHGATE_KILLS); }

}  // namespace
}  // namespace meshgate::store
