#pragma once

#include <memory>

#include "gateway/serve/chunk.hpp"
#include "gateway/serve/open_right.hpp"

namespace meshgate::serve {

/// Finds the feed and the partition a reader asks for and may read, or what it is answered instead. Blocks.
std::optional<net::Response> find_place(Context& context, const Visit& visit, const Question& question, Place& place);

/// A request of /changes for a rendering: with `to`.
boost::asio::awaitable<void> async_range(Context& context, const Visit& visit, net::Reply& reply);

/// Runs a job on the pool; while the pool is full, tries again. The job may be copied.
boost::asio::awaitable<Status> async_run_patiently(Context& context, const net::Reply& reply, std::function<void()> job);

/// Reads a chunk on the pool; while the pool is full, tries again. Not fine() only for the store's own reasons, or with Code::cancelled.
boost::asio::awaitable<std::shared_ptr<Chunk>> async_read_chunk(Context& context, const net::Reply& reply, Place from,
                                                                std::size_t bytes = kChunkBytes);
/// The job that does it once.
std::function<void()> reading(std::shared_ptr<Chunk> into, Place from, std::size_t bytes = kChunkBytes);

/// Whether a live answer may go on: while that is not known it waits, and sends heartbeats, as events or as empty lines. False: it is to end.
boost::asio::awaitable<bool> async_cleared(Context& context, net::Reply& reply, OpenRight& right, bool events);

/// Sends a chunk and all that follows up to the end, reading the next one while one is under way: two chunks at most. Returns the
/// last chunk sent, or null: the reader is gone, may not read this (for now: where it is not `live`), or the cursor can no longer be continued.
boost::asio::awaitable<std::shared_ptr<Chunk>> async_send_rest(Context& context, net::Reply& reply, std::shared_ptr<Chunk> chunk, OpenRight& right, bool live);

/// Counts a reader as live for as long as it lives.
class LiveReader {
 public:
  explicit LiveReader(Context& context) : gauge_(context.live_readers) { gauge_.add(1); }
  ~LiveReader() { gauge_.add(-1); }
  LiveReader(const LiveReader&) = delete;
  LiveReader& operator=(const LiveReader&) = delete;

 private:
  base::Gauge& gauge_;
};

/// live=poll: waits until there is something to say, then it is a plain answer. `first` is what stood there when the reader came. Returns early
/// when the right is no longer on.
boost::asio::awaitable<std::shared_ptr<Chunk>> async_poll(Context& context, const net::Reply& reply, const Question& question, Place from,
                                                          std::shared_ptr<Chunk> first, OpenRight& right);

/// live=sse and live=stream: sends what there is, then every change as it is committed, until the reader goes, loses the right, which is the last
/// line, or the node drains.
boost::asio::awaitable<void> async_follow(Context& context, net::Reply& reply, std::shared_ptr<Chunk> chunk, OpenRight& right);

/// The header fields of a /changes answer.
net::Fields changes_fields(bool events);

}  // namespace meshgate::serve
