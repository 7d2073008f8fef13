#include "gateway/federation/page_queue.hpp"

#include <gmock/gmock.h>

#include <future>

namespace meshgate::federation {
namespace {

using testing::ElementsAre;

Mark mark(std::uint64_t seq) { return {.cursor = {.epoch = {}, .seq = Seq{seq}, .low = {}, .high = {}}, .digest = {}}; }

/// A queue whose first page is being written until it is let go.
class PageQueueTest : public testing::Test {
 protected:
  PageQueueTest() { started_.get_future().wait(); }
  ~PageQueueTest() override { let_go(); }
  void let_go() {
    if (std::exchange(held_, false)) gate_.set_value();
  }
  bool write(const PageQueue::Page& page) {
    if (written_.empty()) {
      started_.set_value();
      gate_.get_future().wait();
    }
    written_.push_back(page.part.text() + " " + page.lines + " " + std::to_string(number(page.mark.cursor.seq)));
    return page.lines != "bad";
  }

  std::vector<std::string> written_;
  std::promise<void> started_;
  std::promise<void> gate_;
  bool held_ = true;
  PageQueue queue_{[this](const PageQueue::Page& page) { return write(page); }};
  const bool first_ = queue_.put({{"first", ""}, "a", mark(1)});
};

TEST_F(PageQueueTest, PagesOfOnePartitionBecomeOneWhileTheyWait) {
  EXPECT_TRUE(queue_.put({{"f", "north"}, "a", mark(1)}));
  EXPECT_TRUE(queue_.put({{"f", "south"}, "x", mark(2)}));
  EXPECT_TRUE(queue_.put({{"f", "north"}, "b", mark(3)}));
  let_go();
  EXPECT_TRUE(queue_.drain());
  EXPECT_THAT(written_, ElementsAre("feed first a 1", "feed f [north] ab 3", "feed f [south] x 2"));
  EXPECT_TRUE(queue_.put({{"f", "north"}, "c", mark(4)}));
  EXPECT_TRUE(queue_.drain());
  EXPECT_EQ(written_.back(), "feed f [north] c 4");
}

TEST_F(PageQueueTest, ALargePageDoesNotGrow) {
  EXPECT_TRUE(queue_.put({{"f", ""}, std::string(2U << 20U, 'x'), mark(1)}));
  EXPECT_TRUE(queue_.put({{"f", ""}, "a", mark(2)}));
  EXPECT_TRUE(queue_.put({{"f", ""}, "b", mark(3)}));
  let_go();
  EXPECT_TRUE(queue_.drain());
  EXPECT_EQ(written_.size(), 3U);
  EXPECT_EQ(written_.back(), "feed f ab 3");
}

TEST_F(PageQueueTest, WhoReceivesWaitsWhileTooMuchIsWaiting) {
  EXPECT_TRUE(queue_.put({{"f", ""}, std::string(8U << 20U, 'x'), mark(1)}));
  std::future<bool> put = std::async(std::launch::async, [this] { return queue_.put({{"g", ""}, "a", mark(1)}); });
  EXPECT_EQ(put.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  let_go();
  EXPECT_TRUE(put.get());
}

TEST_F(PageQueueTest, NothingIsWrittenBehindAPageThatFailed) {
  EXPECT_TRUE(queue_.put({{"f", ""}, "bad", mark(1)}));
  EXPECT_TRUE(queue_.put({{"g", ""}, "a", mark(1)}));
  let_go();
  EXPECT_FALSE(queue_.drain());
  EXPECT_FALSE(queue_.put({{"f", ""}, "b", mark(2)}));
  EXPECT_EQ(written_.back(), "feed f bad 1");
}

}  // namespace
}  // namespace meshgate::federation
