#include "mesh/item.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace meshgate {
namespace {

TEST(ContentHash, TheSizesKeepIdAndContentApart) {
  EXPECT_NE(content_hash("4", "2{}"), content_hash("42", "{}"));
  EXPECT_NE(content_hash("42", ""), content_hash("", "42"));
  EXPECT_EQ(content_hash("42", "{}"), content_hash("42", "{}"));
}

TEST(ContentHash, IsTheSameOnEveryThread) {
  const auto want = content_hash("42", "{}");
  std::vector<ContentHash> got(4);
  std::vector<std::thread> threads;
  for (auto& one : got) {
    threads.emplace_back([&one] {
      for (int i = 0; i < 100; ++i) one = content_hash("42", "{}");
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& one : got) EXPECT_EQ(one, want);
}

TEST(Revision, WritesBehindWhatIsThere) {
  Revision rev{17, {{1, 2}}};
  std::string out = "x";
  rev.append_text(out);
  EXPECT_EQ(out, "x" + rev.text());
  EXPECT_EQ(Revision::parse(rev.text()), rev);
}

TEST(Digest, TheOrderDoesNotMatter) {
  std::vector<ContentHash> hashes;
  for (int i = 0; i < 100; ++i) hashes.push_back(content_hash(std::to_string(i), "{}"));
  Digest up;
  Digest down;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    up.add(hashes[i]);
    down.add(hashes[hashes.size() - 1 - i]);
  }
  EXPECT_EQ(up, down);
  for (const auto& hash : hashes) up.remove(hash);
  EXPECT_EQ(up, Digest());
  EXPECT_EQ(up.text(), "sum128:00000000000000000000000000000000");
}

}  // namespace
}  // namespace meshgate
