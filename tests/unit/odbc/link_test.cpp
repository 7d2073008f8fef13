#include "connectors/odbc/link.hpp"

#include <gtest/gtest.h>

#include <future>

namespace meshgate::odbc {

using namespace std::chrono_literals;

namespace {

std::shared_ptr<const Target> in_memory(std::chrono::milliseconds timeout) {
  auto out = std::make_shared<Target>();
  out->dialect = sqlite_dialect();
  out->connection_string = "DRIVER=SQLite3;Database=:memory:";
  out->place.server = "memory";
  out->timeout = timeout;
  return out;
}

Diagnosis nothing(Session&) { return {}; }

}  // namespace

TEST(Link, AServerInWhichManyCallsHangIsAskedNoMore) {
  auto hanging = std::make_shared<Hanging>(0);
  auto gate = std::make_shared<std::promise<void>>();
  const std::shared_future<void> opened = gate->get_future();
  const auto target = in_memory(1ms);
  int given_up = 0;
  Diagnosis last;
  while (last.state != kHangs && given_up < 100) {
    Link link(target, std::make_shared<Signal>(hanging));
    last = link.call([opened](Session&) { return opened.wait(), Diagnosis{}; });
    if (last.state != kHangs) ++given_up;
  }
  EXPECT_EQ(given_up, 8);
  EXPECT_EQ(*hanging, 8);
  EXPECT_EQ(action(verdict(Engine::sqlite, last)), MG_RECONNECT);

  gate->set_value();
  while (*hanging > 0) std::this_thread::yield();
  Link link(in_memory(60s), std::make_shared<Signal>(hanging));
  EXPECT_TRUE(link.call(nothing).ok()) << "those that hung have ended";
}

TEST(Link, OnceCancelledAllWaitsTogetherAreNoLongerThanOne) {
  auto gate = std::make_shared<std::promise<void>>();
  const std::shared_future<void> opened = gate->get_future();
  auto signal = std::make_shared<Signal>();
  signal->cancel();
  const auto began = Clock::now();
  for (int i = 0; i < 5; ++i) {
    Link link(in_memory(60s), signal);
    link.start([opened](Session&) { return opened.wait(), Diagnosis{}; });
    link.drop();
  }
  EXPECT_LT(Clock::now() - began, 5 * 700ms);
  gate->set_value();
  EXPECT_TRUE(signal->wait_for_those_apart(Clock::now() + 60s));
}

TEST(Link, ABeatServesThoseWhoWaitAndGivesTheJobItsWholeTimeoutAgain) {
  constexpr auto kTimeout = 500ms;
  std::atomic<bool> served{false};
  std::atomic<bool> enough{false};
  Link link(in_memory(kTimeout), std::make_shared<Signal>());
  link.start([&](Session&, const Link::Beat& beat) {
    served = true;
    for (; !enough; std::this_thread::yield()) beat();
    return Diagnosis{};
  });
  EXPECT_EQ(link.wait(Clock::time_point::max(), [&] { return served.load(); }), Link::Wait::done);
  EXPECT_TRUE(link.busy());
  EXPECT_EQ(link.wait(Clock::now() + 3 * kTimeout), Link::Wait::not_yet);
  enough = true;
  EXPECT_EQ(link.wait(Clock::time_point::max()), Link::Wait::done);
  EXPECT_TRUE(link.take().ok());
}

TEST(Hanging, IsCountedByServerForAsLongAsAnybodyHasToDoWithIt) {
  const auto one = hanging_at("db.corp:5432");
  EXPECT_EQ(hanging_at("db.corp:5432"), one);
  EXPECT_NE(hanging_at("db.corp:3306"), one);
  *hanging_at("short") = 5;
  EXPECT_EQ(*hanging_at("short"), 0);
}

}  // namespace meshgate::odbc
