#include "gateway/net/loops.hpp"

#include <atomic>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>
#include <vector>

namespace meshgate::net {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kLagInterval{250};

struct Loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::steady_timer tick{context};
  std::atomic<double> lag{0};
  std::thread thread;

  void measure() {
    tick.expires_after(kLagInterval);
    tick.async_wait([this](boost::system::error_code error) {
      if (error) return;
      const std::chrono::duration<double> late = steady_clock::now() - tick.expiry();
      lag.store(late.count(), std::memory_order_relaxed);
      measure();
    });
  }
  void run() {
    const base::NoBlocking mark;
    context.run();
  }
};

}  // namespace

struct Loops::State {
  std::vector<std::unique_ptr<Loop>> loops;
  std::atomic<std::size_t> turn{0};
};

Loops::Loops(std::size_t count) : state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    auto& loop = *state_->loops.emplace_back(std::make_unique<Loop>());
    loop.measure();
    loop.thread = std::thread([&loop] { loop.run(); });
  }
}

Loops::~Loops() { stop(); }

asio::any_io_executor Loops::next() {
  const auto turn = state_->turn.fetch_add(1, std::memory_order_relaxed);
  return state_->loops[turn % state_->loops.size()]->context.get_executor();
}

std::size_t Loops::count() const { return state_->loops.size(); }

double Loops::lag(std::size_t loop) const { return state_->loops.at(loop)->lag.load(std::memory_order_relaxed); }

void Loops::stop() {
  for (auto& loop : state_->loops) {
    loop->work.reset();
    loop->context.stop();
  }
  for (auto& loop : state_->loops) {
    if (loop->thread.joinable()) loop->thread.join();
  }
}

/// Touched only on the loop, except that the pool's thread posts to it.
struct Background::State {
  explicit State(asio::any_io_executor executor) : timer(std::move(executor), steady_clock::time_point::max()) {}
  asio::steady_timer timer;
  bool done = false;
  bool ran = false;
  Status status;

  void finish(bool has_run) {
    done = true;
    ran = has_run;
    timer.cancel();
  }
};

namespace {

/// Tells the loop once the pool lets go of the job, run or not.
template <class State>
struct Telling {
  std::shared_ptr<State> state;
  std::function<void()> job;
  bool ran = false;

  Telling(std::shared_ptr<State> to, std::function<void()> what) : state(std::move(to)), job(std::move(what)) {}
  Telling(const Telling&) = delete;
  Telling& operator=(const Telling&) = delete;
  ~Telling() {
    auto executor = state->timer.get_executor();
    asio::post(executor, [to = std::move(state), has_run = ran] { to->finish(has_run); });
  }
  void run() {
    job();
    job = nullptr;
    ran = true;
  }
};

}  // namespace

Background::Background(base::BlockingPool& pool, asio::any_io_executor loop, std::function<void()> job)
    : state_(std::make_shared<State>(std::move(loop))) {
  auto telling = std::make_shared<Telling<State>>(state_, std::move(job));
  if (!pool.submit([telling] { telling->run(); })) {
    state_->status = Error{Code::retry, "the node has more reads waiting than it allows; try again in a moment"};
  }
}

asio::awaitable<Status> Background::async_join() {
  const auto state = state_;
  while (!state->done) co_await state->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (state->status && !state->ran) co_return Error{Code::cancelled, "the node is stopping"};
  co_return state->status;
}

asio::awaitable<Status> async_run_blocking(base::BlockingPool& pool, std::function<void()> job) {
  auto loop = co_await asio::this_coro::executor;
  Background running(pool, std::move(loop), std::move(job));
  co_return co_await running.async_join();
}

}  // namespace meshgate::net
