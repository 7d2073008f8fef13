#include <fstream>
#include <future>
#include <map>

#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

/// A folder opened to read: beside nobody, beside a writer, and what it leaves there.
class ReadOnlyTest : public testing::Test {
 protected:
  std::unique_ptr<Store> reader() {
    auto out = Store::open_to_read(folder_ / "data");
    EXPECT_TRUE(out) << out.error().message;
    return out ? std::move(*out) : nullptr;
  }
  /// Every file with its bytes.
  std::map<std::string, std::string> bytes() const {
    std::map<std::string, std::string> out;
    for (const auto& one : std::filesystem::recursive_directory_iterator(folder_ / "data")) {
      std::ifstream file(one.path(), std::ios::binary);
      out[one.path().string()] = one.is_regular_file() ? std::string(std::istreambuf_iterator<char>(file), {}) : "folder";
    }
    return out;
  }

  Folder folder_;
};

TEST_F(ReadOnlyTest, ShowsWhatIsThereAndChangesNoByte) {
  {
    const auto store = opened(folder_ / "data");
    const auto feed = feed_of(*store);
    commit(*feed, put("1", R"({"a":1})"));
    commit(*feed, put("2", R"({"a":2})"));
    commit(*feed, removed("1"));
  }
  const auto before = bytes();
  {
    const auto store = reader();
    EXPECT_EQ(store->names(), Names{"f"});
    const auto feed = feed_of(*store);
    EXPECT_EQ(feed->state().count, 1U);
    EXPECT_EQ((*feed->item("2"))->content, R"({"a":2})");
    auto told = 0;
    const auto would = feed->rehearse(put("3", "{}"), nullptr, [&](const Difference&) { ++told; });
    ASSERT_TRUE(would);
    EXPECT_EQ(told, 1);
    EXPECT_EQ(bytes(), before);
  }
  EXPECT_EQ(bytes(), before);
}

TEST_F(ReadOnlyTest, ANewFeedOrACommitIsAnError) {
  commit(*feed_of(*opened(folder_ / "data")), put("1", "{}"));
  const auto store = reader();
  EXPECT_FALSE(store->feed("new"));
  EXPECT_FALSE(feed_of(*store)->commit(put("2", "{}"), nullptr));
}

TEST_F(ReadOnlyTest, ReadsBesideAWriterWhateverItDoes) {
  const auto store = opened(folder_ / "data");
  const auto feed = feed_of(*store);
  std::atomic<int> committed{0};
  std::atomic<bool> stop{false};
  auto writer = std::async(std::launch::async, [&] {
    // Big enough that memory is written to files and files are merged meanwhile.
    const std::string filler(20000, 'x');
    for (int i = 1; !stop; ++i) {
      Batch batch("rows");
      for (int j = 0; j < 50; ++j) batch.put(std::to_string(j), std::to_string(j), "{\"a\":\"" + std::to_string(i) + filler + "\"}", kWhole);
      if (!feed->commit(batch, nullptr)) return;
      committed = i;
    }
  });
  for (int round = 0; round < 20; ++round) {
    while (committed < round * 5) std::this_thread::yield();
    const int least = committed;
    const auto beside = reader();
    ASSERT_NE(beside, nullptr);
    const auto seen = feed_of(*beside);
    if (least == 0) continue;
    const auto first = seen->item("0");
    const auto last = seen->item("49");
    ASSERT_TRUE(first && *first && last && *last);
    EXPECT_EQ((*first)->content, (*last)->content) << "a commit is seen whole or not at all";
    EXPECT_GE(std::stoi((*first)->content.substr(6)), least) << "what was committed before the opening is there";
    expect_whole(*seen);
  }
  stop = true;
  writer.get();
}

TEST_F(ReadOnlyTest, AFolderThatIsNotThereIsNotMade) {
  EXPECT_EQ(Store::open_to_read(folder_ / "none").error().code, Code::not_found);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "none"));
}

}  // namespace
}  // namespace meshgate::store
