#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "gateway/serve/live_steps.hpp"
#include "gateway/serve/sending.hpp"
#include "gateway/serve/sync_lines.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kFullPause{50};  ///< before the pool is asked again
constexpr std::size_t kTogether = std::size_t{64} << 10U;  ///< of steps in one write
constexpr std::string_view kRetry = "retry: 2000\n\n";

asio::awaitable<void> async_pause() {
  asio::steady_timer timer(co_await asio::this_coro::executor, kFullPause);
  co_await timer.async_wait(asio::use_awaitable);
}

/// Nothing new for a poll: no entry, the same cursor, and no news about being caught up.
bool quiet(const Chunk& chunk, const Cursor& after, bool caught_up) {
  return chunk.fine() && chunk.entries == 0 && chunk.next.at == after && chunk.caught_up == caught_up;
}

}  // namespace

std::function<void()> reading(std::shared_ptr<Chunk> into, Place from, std::size_t bytes) {
  return [into = std::move(into), from = std::move(from), bytes] { *into = read_chunk(from, bytes); };
}

asio::awaitable<Status> async_run_patiently(Context& context, const net::Reply& reply, std::function<void()> job) {
  for (;;) {
    auto once = job;
    const Status ran = co_await net::async_run_blocking(context.services.pool, std::move(once));
    if (ran || ran.error().code != Code::retry || reply.draining()) co_return ran;
    co_await async_pause();
  }
}

asio::awaitable<std::shared_ptr<Chunk>> async_read_chunk(Context& context, const net::Reply& reply, Place from, std::size_t bytes) {
  auto chunk = std::make_shared<Chunk>();
  auto job = reading(chunk, std::move(from), bytes);
  const Status ran = co_await async_run_patiently(context, reply, std::move(job));
  if (!ran) chunk->error = ran.error();
  co_return chunk;
}

asio::awaitable<bool> async_cleared(Context& context, net::Reply& reply, OpenRight& right, bool events) {
  constexpr std::string_view kEmptyLine = "\n";
  net::Bell& bell = context.feeds.every();
  auto beat = steady_clock::now() + context.services.heartbeat;
  while (!reply.draining()) {
    const auto rings = bell.rings();
    if (right.course() != Course::pause) co_return right.on();
    (void)co_await bell.async_wait(rings, beat);
    if (steady_clock::now() < beat) continue;
    beat = steady_clock::now() + context.services.heartbeat;
    Status sent;
    if (events) {
      sent = co_await reply.async_write_shared(context.beat);
    } else {
      sent = co_await reply.async_write(kEmptyLine, true);
    }
    if (!sent) co_return false;
  }
  co_return right.on();
}

namespace {

/// Whether the next chunk may be sent; only a live answer waits until that is known.
asio::awaitable<bool> async_may_send(Context& context, net::Reply& reply, const Chunk& chunk, OpenRight& right, bool live) {
  if (right.on()) co_return true;
  if (!live) co_return false;
  co_return co_await async_cleared(context, reply, right, chunk.next.events);
}

}  // namespace

asio::awaitable<std::shared_ptr<Chunk>> async_send_rest(Context& context, net::Reply& reply, std::shared_ptr<Chunk> chunk, OpenRight& right, bool live) {
  const auto loop = co_await asio::this_coro::executor;
  while (!chunk->end) {
    const bool may = co_await async_may_send(context, reply, *chunk, right, live);
    if (!may) co_return nullptr;
    auto next = std::make_shared<Chunk>();
    net::Background ahead(context.services.pool, loop, reading(next, chunk->next));
    const Status sent = co_await reply.async_write(chunk->bytes, live);
    const Status read = co_await ahead.async_join();
    if (!sent || reply.draining()) co_return nullptr;
    if (!read) next = co_await async_read_chunk(context, reply, chunk->next);
    if (!next->fine()) co_return nullptr;
    chunk = std::move(next);
  }
  const bool may = co_await async_may_send(context, reply, *chunk, right, live);
  if (!may) co_return nullptr;
  const Status sent = co_await reply.async_write(chunk->bytes, live);
  if (!sent) co_return nullptr;
  co_return chunk;
}

asio::awaitable<std::shared_ptr<Chunk>> async_poll(Context& context, const net::Reply& reply, const Question& question, Place from,
                                                   std::shared_ptr<Chunk> first, OpenRight& right) {
  const LiveReader counted(context);
  const auto deadline = steady_clock::now() + question.wait;
  const bool caught_up = first->caught_up;
  auto chunk = std::move(first);
  while (quiet(*chunk, question.after, caught_up) && !reply.draining()) {
    // Commits to other partitions ring too: they must not hold the answer back.
    if (steady_clock::now() >= deadline || !right.on()) break;
    (void)co_await from.open->bell->async_wait(chunk->rings, deadline);
    chunk->rings = from.open->bell->rings();
    if (moved(from, chunk->standing)) chunk = co_await async_read_chunk(context, reply, from);
  }
  co_return chunk;
}

namespace {

/// A reader that has been sent everything: its place, and nothing of what it was sent.
class Follower {
 public:
  Follower(Context& context, net::Reply& reply, const Chunk& chunk, OpenRight& right)
      : context_(context),
        reply_(reply),
        right_(right),
        place_(chunk.next),
        standing_(chunk.standing),
        caught_up_(chunk.caught_up),
        steps_(place_.open->steps->of(place_, standing_)) {}

  /// Until the reader goes, loses the right, its cursor can no longer be continued, or the node drains.
  asio::awaitable<void> async_run();

 private:
  /// Waits for a commit that concerns the reader, for news about its right, or for the next heartbeat (false).
  asio::awaitable<bool> async_await_commit(steady_clock::time_point beat);
  /// Sends all that was committed; false ends the stream, as with the two below.
  asio::awaitable<bool> async_go_on();
  asio::awaitable<bool> async_take(const Step& step);
  /// Several small ones in one write, so that a node that is late does not send as many packets as it would have in time.
  asio::awaitable<bool> async_take_together(const std::vector<std::shared_ptr<const Step>>& run);
  /// The kept steps from here, of one write.
  [[nodiscard]] std::vector<std::shared_ptr<const Step>> run() const;
  void settle(const Step& step);
  asio::awaitable<bool> async_take_still();
  asio::awaitable<bool> async_read_alone();
  asio::awaitable<bool> async_beat();
  /// Reads a mark for all readers at this place, or waits for the one who does.
  asio::awaitable<bool> async_read_mark();

  Context& context_;
  net::Reply& reply_;
  OpenRight& right_;
  Place place_;
  std::optional<Standing> standing_;  ///< of the partition, before it was read last
  bool caught_up_;                    ///< as the last mark said
  const std::shared_ptr<Steps> steps_;
};

asio::awaitable<void> Follower::async_run() {
  // A commit before this reader came to the steps may have passed them.
  bool going = true;
  if (moved(place_, standing_)) going = co_await async_go_on();
  while (going && !reply_.draining()) {
    const auto beat = steady_clock::now() + context_.services.heartbeat;
    const bool committed = co_await async_await_commit(beat);
    if (reply_.draining()) co_return;
    going = co_await async_cleared(context_, reply_, right_, place_.events);
    if (!going) co_return;
    if (committed) {
      going = co_await async_go_on();
    } else {
      going = co_await async_beat();
    }
  }
}

asio::awaitable<bool> Follower::async_await_commit(steady_clock::time_point beat) {
  while (!reply_.draining()) {
    const auto rings = steps_->bell.rings();
    if (!right_.on() || (moved(place_, standing_) && steps_->ready(place_))) co_return true;
    const bool rang = co_await steps_->bell.async_wait(rings, beat);
    if (!rang || steady_clock::now() >= beat) co_return false;
  }
  co_return false;
}

asio::awaitable<bool> Follower::async_go_on() {
  for (;;) {
    if (!right_.on()) co_return true;
    const auto steps = run();
    bool taken = true;
    if (steps.empty()) co_return co_await async_take_still();
    if (steps.size() == 1) taken = co_await async_take(*steps.front());
    if (steps.size() > 1) taken = co_await async_take_together(steps);
    if (!taken) co_return false;
    if (steps.back()->end()) co_return true;
  }
}

std::vector<std::shared_ptr<const Step>> Follower::run() const {
  std::vector<std::shared_ptr<const Step>> out;
  Place place = place_;
  std::size_t bytes = 0;
  for (auto step = steps_->next(place); step; step = steps_->next(place)) {
    bytes += step->bytes();
    if (!out.empty() && bytes > kTogether) break;
    step->move(place);
    out.push_back(std::move(step));
  }
  return out;
}

/// What moved brought no entry, or nothing that is kept.
asio::awaitable<bool> Follower::async_take_still() {
  const auto mark = steps_->mark(place_, {});
  if (!mark) co_return co_await async_read_alone();
  standing_ = mark->standing();
  if (mark->still() && mark->caught_up() == caught_up_) co_return true;
  co_return co_await async_take(*mark);
}

asio::awaitable<bool> Follower::async_take_together(const std::vector<std::shared_ptr<const Step>>& run) {
  std::string bytes;
  for (const auto& step : run) bytes.append((place_.events ? step->events() : step->lines()).plain().bytes());
  const Status sent = co_await reply_.async_write(bytes, true);
  if (!sent) co_return false;
  for (const auto& step : run) settle(*step);
  co_return true;
}

void Follower::settle(const Step& step) {
  step.move(place_);
  standing_ = step.standing();
  caught_up_ = step.caught_up();
}

asio::awaitable<bool> Follower::async_take(const Step& step) {
  const net::Broadcast& bytes = place_.events ? step.events() : step.lines();
  const Status sent = co_await reply_.async_write_shared(bytes);
  if (!sent) co_return false;
  settle(step);
  co_return true;
}

asio::awaitable<bool> Follower::async_read_alone() {
  auto chunk = co_await async_read_chunk(context_, reply_, place_);
  if (!chunk->fine()) co_return false;
  // A commit elsewhere in the feed changes nothing here.
  const bool same = chunk->entries == 0 && chunk->next.at == place_.at && chunk->caught_up == caught_up_;
  if (!same) chunk = co_await async_send_rest(context_, reply_, std::move(chunk), right_, true);
  if (!chunk) co_return false;
  place_ = chunk->next;
  standing_ = chunk->standing;
  caught_up_ = chunk->caught_up;
  steps_->offer(place_, standing_);
  co_return true;
}

asio::awaitable<bool> Follower::async_beat() {
  if (place_.events) {
    const Status sent = co_await reply_.async_write_shared(context_.beat);
    co_return sent.has_value();
  }
  const auto since = steady_clock::now() - context_.services.heartbeat / 4;
  while (!reply_.draining()) {
    // What was committed meanwhile says more than a heartbeat.
    if (moved(place_, standing_)) co_return true;
    const auto mark = steps_->mark(place_, since);
    if (mark) co_return co_await async_take(*mark);
    const bool read = co_await async_read_mark();
    if (!read) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> Follower::async_read_mark() {
  const auto rings = steps_->marked.rings();
  if (!steps_->claim()) {
    const auto patience = steady_clock::now() + context_.services.heartbeat;
    (void)co_await steps_->marked.async_wait(rings, patience);
    co_return true;
  }
  std::function<void()> job = [steps = steps_, place = place_] { steps->read_mark(place); };
  const Status ran = co_await net::async_run_blocking(context_.services.pool, std::move(job));
  steps_->release();
  if (ran) co_return moved(place_, standing_) || steps_->mark(place_, {});
  if (ran.error().code == Code::retry) co_await async_pause();
  co_return ran.error().code == Code::retry;
}

}  // namespace

asio::awaitable<void> async_follow(Context& context, net::Reply& reply, std::shared_ptr<Chunk> chunk, OpenRight& right) {
  const LiveReader counted(context);
  const bool events = chunk->next.events;
  auto fields = changes_fields(events);
  fields.add("X-Accel-Buffering", "no");
  if (!co_await reply.async_start_shared(200, std::move(fields))) co_return;
  if (events) chunk->bytes.insert(0, kRetry);
  chunk = co_await async_send_rest(context, reply, std::move(chunk), right, true);
  if (chunk) {
    Follower follower(context, reply, *chunk, right);
    chunk.reset();
    co_await follower.async_run();
  }
  if (right.course() == Course::deny) {
    std::string line;
    append_line(line, denied_line(right.feed(), right.partition()), events);
    (void)co_await reply.async_write(line, true);
  }
  (void)co_await reply.async_finish();
}

}  // namespace meshgate::serve
