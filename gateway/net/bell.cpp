#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "gateway/net/loops.hpp"

namespace meshgate::net {

namespace asio = boost::asio;

/// One Ward per loop that has ever waited. Timers are touched on their own loop only; the sets under the lock.
struct Bell::State : std::enable_shared_from_this<Bell::State> {
  struct Ward {
    asio::any_io_executor loop;
    std::unordered_set<asio::steady_timer*> waiting;
    bool told = false;  ///< a wake-up is under way to this loop
  };
  std::mutex mutex;
  std::map<const asio::execution_context*, Ward> wards;
  std::atomic<std::uint64_t> rings{0};

  /// On the ward's loop.
  void wake(const asio::execution_context* where) {
    const std::lock_guard lock(mutex);
    Ward& ward = wards.at(where);
    ward.told = false;
    for (auto* timer : ward.waiting) timer->cancel();
    ward.waiting.clear();
  }
};

Bell::Bell() : state_(std::make_shared<State>()) {}
Bell::~Bell() { ring(); }

void Bell::ring() {
  const std::lock_guard lock(state_->mutex);
  state_->rings.fetch_add(1, std::memory_order_release);
  for (auto& [where, ward] : state_->wards) {
    if (ward.told || ward.waiting.empty()) continue;
    ward.told = true;
    asio::post(ward.loop, [state = state_, at = where] { state->wake(at); });
  }
}

std::uint64_t Bell::rings() const { return state_->rings.load(std::memory_order_acquire); }

asio::awaitable<bool> Bell::async_wait(std::uint64_t seen, std::chrono::steady_clock::time_point deadline) {
  const auto state = state_;
  auto loop = co_await asio::this_coro::executor;
  const asio::execution_context* const where = &asio::query(loop, asio::execution::context);
  asio::steady_timer timer(loop, deadline);
  // A wake-up that is under way for an earlier ring reaches also who has come since and has heard that one.
  for (;;) {
    {
      const std::lock_guard lock(state->mutex);
      if (state->rings.load(std::memory_order_relaxed) > seen) co_return true;
      auto& ward = state->wards[where];
      ward.loop = loop;
      ward.waiting.insert(&timer);
    }
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    {
      const std::lock_guard lock(state->mutex);
      state->wards.at(where).waiting.erase(&timer);
      if (state->rings.load(std::memory_order_relaxed) > seen) co_return true;
    }
    if (std::chrono::steady_clock::now() >= deadline) co_return false;
  }
}

}  // namespace meshgate::net
