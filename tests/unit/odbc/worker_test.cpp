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

TEST(Worker, AJobThatComesDuringTheIdleOneIsWaitedFor) {
  auto signal = std::make_shared<Signal>();
  Worker worker(signal);
  std::promise<void> idle_runs;
  std::promise<void> gate;
  worker.when_idle(1ms, [&] {
    idle_runs.set_value();
    gate.get_future().wait();
  });
  idle_runs.get_future().wait();
  std::promise<void> second_gate;
  std::atomic<bool> done{false};
  worker.start([&] {
    second_gate.get_future().wait();
    done = true;
  });
  gate.set_value();
  EXPECT_FALSE(worker.wait(Clock::now() + 50ms)) << "the idle job's end is not this one's";
  second_gate.set_value();
  EXPECT_TRUE(worker.wait(Clock::now() + 60s));
  EXPECT_TRUE(done);
}

TEST(Worker, ThreadsThatAreLeftBehindAreCounted) {
  auto signal = std::make_shared<Signal>();
  auto gate = std::make_shared<std::promise<void>>();
  {
    Worker worker(signal);
    worker.start([gate] { gate->get_future().wait(); });
  }
  auto other = std::make_shared<std::promise<void>>();
  run_apart(signal, [other] { other->get_future().wait(); });
  EXPECT_FALSE(signal->wait_for_those_apart(Clock::now()));
  gate->set_value();
  EXPECT_FALSE(signal->wait_for_those_apart(Clock::now() + 1ms));
  other->set_value();
  EXPECT_TRUE(signal->wait_for_those_apart(Clock::now() + 60s));
}

TEST(Worker, SomethingForWhenNobodyAsks) {
  auto signal = std::make_shared<Signal>();
  Worker worker(signal);
  std::promise<void> ran;
  worker.when_idle(1ms, [&] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(60s), std::future_status::ready);
}

}  // namespace meshgate::odbc
