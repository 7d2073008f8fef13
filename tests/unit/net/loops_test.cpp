#include "gateway/net/loops.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <latch>

namespace meshgate::net {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

asio::awaitable<bool> async_until(Bell& bell, std::uint64_t seen, std::latch& waiting, std::chrono::milliseconds patience) {
  waiting.count_down();
  const auto deadline = steady_clock::now() + patience;
  co_return co_await bell.async_wait(seen, deadline);
}

TEST(Bell, WakesAllOnEveryLoop) {
  Loops loops(3);
  Bell bell;
  std::latch waiting(60);
  std::vector<std::future<bool>> woken;
  for (int i = 0; i < 60; ++i) {
    woken.push_back(asio::co_spawn(loops.next(), async_until(bell, bell.rings(), waiting, std::chrono::seconds(60)), asio::use_future));
  }
  waiting.wait();
  bell.ring();
  for (auto& one : woken) EXPECT_TRUE(one.get());
}

TEST(Bell, AnEarlierRingIsNotMissed) {
  Loops loops(1);
  Bell bell;
  const auto seen = bell.rings();
  bell.ring();
  std::latch waiting(1);
  EXPECT_TRUE(asio::co_spawn(loops.next(), async_until(bell, seen, waiting, std::chrono::seconds(60)), asio::use_future).get());
}

TEST(Bell, TheDeadlineEndsTheWait) {
  Loops loops(1);
  Bell bell;
  std::latch waiting(1);
  EXPECT_FALSE(asio::co_spawn(loops.next(), async_until(bell, 0, waiting, std::chrono::milliseconds(1)), asio::use_future).get());
}

TEST(Bell, ManyRingsAreNeverLost) {
  Loops loops(2);
  Bell bell;
  constexpr std::uint64_t kRings = 2000;
  std::atomic<std::uint64_t> reached{0};
  const auto follow = [](Bell& at, std::atomic<std::uint64_t>& done) -> asio::awaitable<void> {
    for (std::uint64_t seen = 0; seen < kRings; seen = at.rings()) {
      const auto deadline = steady_clock::now() + std::chrono::seconds(60);
      if (!co_await at.async_wait(seen, deadline)) co_return;
    }
    ++done;
  };
  std::vector<std::future<void>> all;
  for (int i = 0; i < 20; ++i) all.push_back(asio::co_spawn(loops.next(), follow(bell, reached), asio::use_future));
  for (std::uint64_t i = 0; i < kRings; ++i) bell.ring();
  for (auto& one : all) one.get();
  EXPECT_EQ(reached, 20U);
}

TEST(RunBlocking, RunsElsewhereAndComesBack) {
  Loops loops(1);
  base::BlockingPool pool(1, 4);
  const auto work = [](base::BlockingPool& on) -> asio::awaitable<bool> {
    const auto before = std::this_thread::get_id();
    std::thread::id inside;
    std::function<void()> job = [&inside] {
      base::assert_may_block("a job");
      inside = std::this_thread::get_id();
    };
    const Status ran = co_await async_run_blocking(on, std::move(job));
    co_return ran.has_value() && inside != before && std::this_thread::get_id() == before;
  };
  EXPECT_TRUE(asio::co_spawn(loops.next(), work(pool), asio::use_future).get());
}

asio::awaitable<Code> async_run_nothing(base::BlockingPool& pool) {
  std::function<void()> job = [] {};
  const Status ran = co_await async_run_blocking(pool, std::move(job));
  co_return ran ? Code::internal : ran.error().code;
}

TEST(RunBlocking, AFullPoolSaysTryAgain) {
  Loops loops(1);
  base::BlockingPool pool(1, 0);
  EXPECT_EQ(asio::co_spawn(loops.next(), async_run_nothing(pool), asio::use_future).get(), Code::retry);
}

/// `asked` is set once the job is with the pool: the loop's next handler runs when this coroutine waits.
asio::awaitable<Code> async_ask(base::BlockingPool& pool, std::promise<void>& asked) {
  asio::post(co_await asio::this_coro::executor, [&asked] { asked.set_value(); });
  co_return co_await async_run_nothing(pool);
}

TEST(RunBlocking, AJobThatAStoppedPoolDropsIsCancelled) {
  Loops loops(1);
  auto pool = std::make_unique<base::BlockingPool>(1, 4);
  std::promise<void> running;
  std::promise<void> release;
  ASSERT_TRUE(pool->submit([&] {
    running.set_value();
    release.get_future().wait();
  }));
  running.get_future().wait();
  std::promise<void> asked;
  auto waiting = asio::co_spawn(loops.next(), async_ask(*pool, asked), asio::use_future);
  asked.get_future().wait();
  std::thread destroy([&] { pool.reset(); });
  // The pool drops what waits once the running job lets it; if that ends before the pool is told to stop, the job simply runs.
  release.set_value();
  destroy.join();
  const Code code = waiting.get();
  EXPECT_TRUE(code == Code::cancelled || code == Code::internal);
}

}  // namespace
}  // namespace meshgate::net
