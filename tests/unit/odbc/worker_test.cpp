#include "connectors/odbc/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace meshgate::odbc {

using namespace std::chrono_literals;

TEST(Worker, RunsOneJobAfterAnother) {
  auto signal = std::make_shared<Signal>();
  Worker worker(signal);
  std::atomic<int> sum{0};
  for (int i = 1; i <= 100; ++i) {
    worker.start([&sum, i] { sum += i; });
    ASSERT_TRUE(worker.wait(Clock::now() + 60s));
  }
  EXPECT_EQ(sum, 5050);
}

TEST(Worker, ACancelEndsTheWaitAndABusyThreadIsLeftBehind) {
  auto signal = std::make_shared<Signal>();
  auto gate = std::make_shared<std::promise<void>>();
  auto ended = std::make_shared<std::promise<void>>();
  auto done = ended->get_future();
  {
    Worker worker(signal);
    worker.start([gate, ended] {
      gate->get_future().wait();
      ended->set_value();
    });
    std::thread canceller([&] { signal->cancel(); });
    EXPECT_FALSE(worker.wait(Clock::now() + 60s));
    canceller.join();
  }
  gate->set_value();
  EXPECT_EQ(done.wait_for(60s), std::future_status::ready) << "it ends by itself";
}

TEST(Worker, SomethingForWhenNobodyAsks) {
  auto signal = std::make_shared<Signal>();
  Worker worker(signal);
  std::promise<void> ran;
  worker.when_idle(1ms, [&] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(60s), std::future_status::ready);
}

}  // namespace meshgate::odbc
