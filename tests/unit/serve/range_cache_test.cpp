#include "gateway/serve/range_cache.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace meshgate::serve {
namespace {

namespace fs = std::filesystem;

class RangeCacheTest : public testing::Test {
 protected:
  RangeCacheTest() {
    std::string name = (fs::temp_directory_path() / "meshgate-ranges-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~RangeCacheTest() override { fs::remove_all(folder_); }

  static RangeName name(std::uint64_t to, std::uint64_t at, std::uint64_t epoch = 5) {
    return {order_name({1, 1}, {{0, epoch}}, "north"), {Seq{0}, Seq{to}}, Seq{at}};
  }
  static void keep(RangeCache& cache, const RangeName& name, const std::string& text) {
    std::vector<std::unique_ptr<RangeDraft>> drafts;
    for (const auto encoding : {net::Encoding::identity, net::Encoding::zstd}) {
      auto draft = cache.draft(encoding);
      ASSERT_TRUE(draft) << draft.error().message;
      ASSERT_TRUE((*draft)->add(text));
      ASSERT_TRUE((*draft)->finish());
      drafts.push_back(std::move(*draft));
    }
    ASSERT_TRUE(cache.keep(name, 3, drafts));
  }
  static std::string text(const std::optional<KeptRange>& kept) {
    std::string out;
    if (kept) {
      EXPECT_TRUE(kept->file->read(0, kept->file->size(), out));
    }
    return out;
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    std::vector<fs::path> out;
    for (const auto& one : fs::recursive_directory_iterator(folder_)) {
      if (one.is_regular_file()) out.push_back(one.path());
    }
    return out;
  }

  fs::path folder_;
};

TEST_F(RangeCacheTest, OutlivesTheProcess) {
  std::string plain;
  std::string packed;
  {
    RangeCache cache(folder_, 1000);
    keep(cache, name(64, 70), "hello");
    plain = cache.open(name(64, 70), net::Encoding::identity)->etag;
    packed = cache.open(name(64, 70), net::Encoding::zstd)->etag;
    EXPECT_NE(plain, packed);
  }
  RangeCache cache(folder_, 1000);
  EXPECT_EQ(text(cache.open(name(64, 70), net::Encoding::identity)), "hello");
  EXPECT_EQ(cache.open(name(64, 70), net::Encoding::identity)->etag, plain);
  EXPECT_EQ(cache.open(name(64, 70), net::Encoding::zstd)->etag, packed);
  EXPECT_FALSE(cache.open(name(64, 70), net::Encoding::gzip));
  EXPECT_EQ(cache.size(name(64, 70))->entries, 3U);
  EXPECT_EQ(cache.size(name(64, 70))->bytes, 5U);
  EXPECT_EQ(cache.latest(name(64, 70).order, name(64, 70).part), Seq{70});
  EXPECT_FALSE(cache.latest(name(64, 70).order, name(32, 70).part));
}

TEST_F(RangeCacheTest, WhatWasAskedForLongestAgoGoesFirst) {
  RangeCache cache(folder_, 250);
  keep(cache, name(1, 70), std::string(60, 'a'));
  keep(cache, name(2, 70), std::string(60, 'b'));
  ASSERT_TRUE(cache.open(name(1, 70), net::Encoding::identity));
  keep(cache, name(3, 70), std::string(60, 'c'));
  keep(cache, name(4, 70), std::string(60, 'd'));
  EXPECT_LE(cache.bytes(), 250U);
  EXPECT_FALSE(cache.size(name(2, 70)));
  EXPECT_TRUE(cache.size(name(4, 70)));
  std::uint64_t sum = 0;
  for (const auto& one : files()) sum += fs::file_size(one);
  EXPECT_EQ(sum, cache.bytes());
}

TEST_F(RangeCacheTest, ADamagedFileIsNotServed) {
  { RangeCache(folder_, 1000); }
  for (const bool torn : {false, true}) {
    {
      RangeCache cache(folder_, 1000);
      keep(cache, name(64, 70), "hello, hello");
    }
    for (const auto& one : files()) {
      if (torn) fs::resize_file(one, fs::file_size(one) - 1);
      else std::ofstream(one, std::ios::in | std::ios::binary).put('X');
    }
    RangeCache cache(folder_, 1000);
    EXPECT_FALSE(cache.open(name(64, 70), net::Encoding::identity));
    EXPECT_FALSE(cache.size(name(64, 70)));
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(cache.bytes(), 0U);
  }
}

TEST_F(RangeCacheTest, StrangeFilesAreNotTaken) {
  {
    RangeCache cache(folder_, 1000);
    keep(cache, name(64, 70), "hello");
  }
  const fs::path order = folder_ / name(64, 70).order;
  std::ofstream(order / "1-2-3-4-zz.ndjson") << "x";
  std::ofstream(order / "notes.txt") << "x";
  std::ofstream(folder_ / "drafts" / "9") << "half of something";
  RangeCache cache(folder_, 1000);
  EXPECT_EQ(files().size(), 2U);
  EXPECT_EQ(text(cache.open(name(64, 70), net::Encoding::identity)), "hello");
}

TEST_F(RangeCacheTest, OrdersThatAreNoMoreGo) {
  RangeCache cache(folder_, 1000);
  keep(cache, name(64, 70, 5), "old");
  keep(cache, name(64, 70, 6), "new");
  cache.retain({name(64, 70, 6).order});
  EXPECT_FALSE(cache.size(name(64, 70, 5)));
  EXPECT_EQ(text(cache.open(name(64, 70, 6), net::Encoding::identity)), "new");
  EXPECT_FALSE(fs::exists(folder_ / name(64, 70, 5).order));
}

TEST_F(RangeCacheTest, WhatIsBeingSentStaysWhole) {
  RangeCache cache(folder_, 200);
  keep(cache, name(1, 70), std::string(90, 'a'));
  const auto sending = cache.open(name(1, 70), net::Encoding::identity);
  keep(cache, name(2, 70), std::string(190, 'b'));
  EXPECT_FALSE(cache.size(name(1, 70)));
  EXPECT_EQ(text(sending), std::string(90, 'a'));
}

}  // namespace
}  // namespace meshgate::serve
