#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "gateway/serve/sending.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kFullPause{50};  ///< before the pool is asked again
constexpr std::string_view kRetry = "retry: 2000\n\n";
constexpr std::string_view kBeat = ": still here\n\n";

std::function<void()> reading(std::shared_ptr<Chunk> into, Place from) {
  return [into = std::move(into), from = std::move(from)] { *into = read_chunk(from); };
}

asio::awaitable<void> async_pause() {
  asio::steady_timer timer(co_await asio::this_coro::executor, kFullPause);
  co_await timer.async_wait(asio::use_awaitable);
}

/// Nothing new for a poll: no entry, the same cursor, and no news about being caught up.
bool quiet(const Chunk& chunk, const Cursor& after, bool caught_up) {
  return chunk.fine() && chunk.entries == 0 && chunk.next.at == after && chunk.caught_up == caught_up;
}

}  // namespace

asio::awaitable<std::shared_ptr<Chunk>> async_read_chunk(Context& context, const net::Reply& reply, Place from) {
  auto chunk = std::make_shared<Chunk>();
  for (;;) {
    auto job = reading(chunk, from);
    const Status ran = co_await net::async_run_blocking(context.services.pool, std::move(job));
    if (ran) co_return chunk;
    chunk->error = ran.error();
    if (ran.error().code != Code::retry || reply.draining()) co_return chunk;
    co_await async_pause();
  }
}

asio::awaitable<std::shared_ptr<Chunk>> async_send_rest(Context& context, net::Reply& reply, std::shared_ptr<Chunk> chunk, bool flush) {
  const auto loop = co_await asio::this_coro::executor;
  while (!chunk->end) {
    auto next = std::make_shared<Chunk>();
    net::Background ahead(context.services.pool, loop, reading(next, chunk->next));
    const Status sent = co_await reply.async_write(chunk->bytes, flush);
    const Status read = co_await ahead.async_join();
    if (!sent || reply.draining()) co_return nullptr;
    if (!read) next = co_await async_read_chunk(context, reply, chunk->next);
    if (!next->fine()) co_return nullptr;
    chunk = std::move(next);
  }
  const Status sent = co_await reply.async_write(chunk->bytes, flush);
  if (!sent) co_return nullptr;
  co_return chunk;
}

asio::awaitable<std::shared_ptr<Chunk>> async_poll(Context& context, const net::Reply& reply, const Question& question, Place from,
                                                   std::shared_ptr<Chunk> first) {
  const LiveReader counted(context);
  const auto deadline = steady_clock::now() + question.wait;
  const bool caught_up = first->caught_up;
  auto chunk = std::move(first);
  while (quiet(*chunk, question.after, caught_up) && !reply.draining()) {
    // Commits to other partitions ring too: they must not hold the answer back.
    if (steady_clock::now() >= deadline) break;
    (void)co_await from.open->bell->async_wait(chunk->rings, deadline);
    chunk->rings = from.open->bell->rings();
    if (moved(*chunk)) chunk = co_await async_read_chunk(context, reply, from);
  }
  co_return chunk;
}

namespace {

/// Waits for a commit that concerns the reader, or for the next heartbeat (false).
asio::awaitable<bool> async_await_commit(Chunk& chunk, const net::Reply& reply, steady_clock::time_point beat) {
  while (!reply.draining()) {
    const bool rang = co_await chunk.next.open->bell->async_wait(chunk.rings, beat);
    if (!rang) co_return false;
    chunk.rings = chunk.next.open->bell->rings();
    if (moved(chunk)) co_return true;
    // Commits to other partitions ring too: they must not hold the heartbeat back.
    if (steady_clock::now() >= beat) co_return false;
  }
  co_return false;
}

/// Sends what a commit or a heartbeat brings; null ends the stream.
asio::awaitable<std::shared_ptr<Chunk>> async_next(Context& context, net::Reply& reply, std::shared_ptr<Chunk> chunk, bool committed) {
  if (!committed && chunk->next.events) {
    const Status sent = co_await reply.async_write(kBeat, true);
    if (!sent) co_return nullptr;
    co_return chunk;
  }
  auto next = co_await async_read_chunk(context, reply, chunk->next);
  if (!next->fine()) co_return nullptr;
  // A commit elsewhere in the feed changes nothing here.
  const bool same = next->entries == 0 && next->next.at == chunk->next.at && next->caught_up == chunk->caught_up;
  if (committed && same) co_return next;
  co_return co_await async_send_rest(context, reply, std::move(next), true);
}

}  // namespace

asio::awaitable<void> async_follow(Context& context, net::Reply& reply, std::shared_ptr<Chunk> chunk) {
  const LiveReader counted(context);
  const bool events = chunk->next.events;
  auto fields = changes_fields(events);
  fields.add("X-Accel-Buffering", "no");
  if (!co_await reply.async_start(200, std::move(fields))) co_return;
  if (events) chunk->bytes.insert(0, kRetry);
  chunk = co_await async_send_rest(context, reply, std::move(chunk), true);
  while (chunk && !reply.draining()) {
    chunk->bytes = std::string();
    const auto beat = steady_clock::now() + context.services.heartbeat;
    const bool committed = co_await async_await_commit(*chunk, reply, beat);
    if (reply.draining()) break;
    chunk = co_await async_next(context, reply, std::move(chunk), committed);
  }
  (void)co_await reply.async_finish();
}

}  // namespace meshgate::serve
