#include "gateway/ingest/committer.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gateway/store/store.hpp"

namespace meshgate::ingest {
namespace {

class CommitterTest : public ::testing::Test {
 protected:
  CommitterTest() : folder_(std::filesystem::temp_directory_path() / ("committer_" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    auto store = store::Store::open({.folder = folder_});
    EXPECT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
    feed_ = *store_->feed("things");
  }
  ~CommitterTest() override {
    feed_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// One item, and the Position behind it.
  Result<store::Outcome> give(Committer& to, const std::string& key) {
    const std::string partitions[] = {""};
    batch_.put(key, "id" + key, "{}", partitions);
    batch_.set_position({key});
    auto out = to.hand_over(batch_, nullptr);
    EXPECT_EQ(batch_.size(), 0U);
    EXPECT_FALSE(batch_.position());
    return out;
  }
  std::string position() { return feed_->position("main")->value_or(Position{}).bytes; }

  std::filesystem::path folder_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<store::Feed> feed_;
  store::Batch batch_{"main"};
};

TEST_F(CommitterTest, CommitsInOrderAndSumsUp) {
  Committer committer(*feed_);
  std::uint64_t added = 0;
  for (int i = 1; i <= 50; ++i) {
    const auto sum = give(committer, std::to_string(i));
    ASSERT_TRUE(sum) << sum.error().message;
    added += sum->added;
  }
  const auto rest = committer.finish();
  ASSERT_TRUE(rest) << rest.error().message;
  EXPECT_EQ(added + rest->added, 50U);
  EXPECT_EQ(feed_->state().count, 50U);
  EXPECT_EQ(position(), "50");
}

TEST_F(CommitterTest, CommitsNothingBehindAFailure) {
  Committer committer(*feed_);
  ASSERT_TRUE(give(committer, "1"));
  static_cast<void>(give(committer, ""));  // the store takes no item without a key
  for (int i = 2; i <= 5; ++i) static_cast<void>(give(committer, std::to_string(i)));
  EXPECT_FALSE(give(committer, "6")) << "by now the failure is known";
  EXPECT_FALSE(committer.finish());
  EXPECT_EQ(feed_->state().count, 1U);
  EXPECT_EQ(position(), "1");

  ASSERT_TRUE(give(committer, "2"));
  EXPECT_TRUE(committer.finish()) << "a failure is said once";
  EXPECT_EQ(position(), "2");
}

}  // namespace
}  // namespace meshgate::ingest
