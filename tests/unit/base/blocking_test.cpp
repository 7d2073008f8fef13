#include "gateway/base/blocking.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace meshgate::base {
namespace {

TEST(BlockingPool, RunsEveryJobOnce) {
  std::atomic<int> runs = 0;
  std::promise<void> all;
  BlockingPool pool(3, 1000);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(pool.submit([&] {
      if (++runs == 500) all.set_value();
    }));
  }
  all.get_future().wait();
  EXPECT_EQ(runs, 500);
}

TEST(BlockingPool, RefusesWhenTooManyWait) {
  std::promise<void> started;
  std::promise<void> release;
  BlockingPool pool(1, 2);
  ASSERT_TRUE(pool.submit([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.submit([] {}));
  release.set_value();
}

TEST(BlockingPool, DestroysRefusedAndDroppedJobsWithoutACall) {
  const auto token = std::make_shared<int>(0);
  bool called = false;
  std::promise<void> started;
  std::promise<void> release;
  auto pool = std::make_unique<BlockingPool>(1, 1);
  ASSERT_TRUE(pool->submit([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  ASSERT_TRUE(pool->submit([token, &called] { called = true; }));
  EXPECT_FALSE(pool->submit([token, &called] { called = true; }));
  EXPECT_EQ(token.use_count(), 2);
  std::thread end([&] { pool.reset(); });
  // The running job is finished; whether the waiting one still runs depends on who is first, but it is gone afterwards.
  release.set_value();
  end.join();
  EXPECT_EQ(token.use_count(), 1);
}

TEST(BlockingPool, FinishesTheRunningJobBeforeItIsGone) {
  std::atomic<bool> finished = false;
  std::promise<void> started;
  {
    BlockingPool pool(1, 1);
    ASSERT_TRUE(pool.submit([&] {
      started.set_value();
      finished = true;
    }));
    started.get_future().wait();
  }
  EXPECT_TRUE(finished);
}

TEST(NoBlocking, EndsTheProcessOfWhoeverBlocksALoop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  assert_may_block("a wait");
  EXPECT_DEATH(
      {
        const NoBlocking loop;
        assert_may_block("a wait");
      },
      "a wait was called on an event loop");
}

TEST(NoBlocking, HoldsForItsThreadAndItsLifeOnly) {
  {
    const NoBlocking outer;
    { const NoBlocking inner; }
    std::thread([] { assert_may_block("another thread"); }).join();
  }
  assert_may_block("afterwards");
}

}  // namespace
}  // namespace meshgate::base
