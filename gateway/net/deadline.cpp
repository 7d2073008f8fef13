#include "gateway/net/deadline.hpp"

#include <boost/asio/steady_timer.hpp>

namespace meshgate::net {

using std::chrono::steady_clock;

struct Deadline::State : std::enable_shared_from_this<Deadline::State> {
  State(boost::asio::any_io_executor loop, std::function<void()> what) : timer(std::move(loop)), late(std::move(what)) {}
  boost::asio::steady_timer timer;
  std::function<void()> late;
  steady_clock::time_point due = steady_clock::time_point::max();
  steady_clock::time_point running = steady_clock::time_point::max();  ///< when the timer will go off
  bool expired = false;

  void start() {
    running = due;
    timer.expires_at(due);
    timer.async_wait([state = shared_from_this()](boost::system::error_code error) {
      if (!error) state->fire();
    });
  }
  void fire() {
    running = steady_clock::time_point::max();
    if (due == steady_clock::time_point::max()) return;
    if (steady_clock::now() < due) return start();
    due = steady_clock::time_point::max();
    expired = true;
    if (late) late();
  }
};

Deadline::Deadline(boost::asio::any_io_executor loop, std::function<void()> late)
    : state_(std::make_shared<State>(std::move(loop), std::move(late))) {}

Deadline::~Deadline() {
  state_->late = nullptr;
  state_->due = steady_clock::time_point::max();
  state_->timer.cancel();
}

void Deadline::arm(steady_clock::duration patience) {
  state_->expired = false;
  state_->due = steady_clock::now() + patience;
  if (state_->due < state_->running) state_->start();
}

void Deadline::disarm() { state_->due = steady_clock::time_point::max(); }

bool Deadline::expired() const { return state_->expired; }

}  // namespace meshgate::net
