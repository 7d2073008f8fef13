#include "gateway/net/exchange.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>

#include "gateway/net/file.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/net/text.hpp"

namespace meshgate::net {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kNothing;

constexpr std::size_t kLeastCompressed = 1024;         ///< a smaller body travels in one packet anyway
constexpr std::size_t kSlice = std::size_t{64} << 10U;  ///< compressed in one go; then other sessions of the loop have their turn
constexpr std::size_t kFileSlice = std::size_t{1} << 20U;  ///< of a file, sent in one go

Status gone() { return Error{Code::cancelled, "the reader is gone"}; }

}  // namespace

/// The representation differs by encoding, so a strong tag becomes a weak one (RFC 9110 section 8.8.1).
Fields Exchange::encoded(const Fields& fields) const {
  Fields out;
  for (const auto& [name, value] : fields.all()) {
    const bool strong = same_word(name, "ETag") && value.starts_with('"');
    out.add(name, strong ? "W/" + value : value);
  }
  out.add("Content-Encoding", std::string(name(*manner_.encoding)));
  return out;
}

asio::awaitable<Status> Exchange::async_begin(unsigned status, const Fields& fields, Framing framing, std::string_view body) {
  status_ = status;
  if (draining()) manner_.keep_alive = false;
  framing.close = !manner_.keep_alive;
  const std::string head = answer_head(status, fields, framing, manner_.fields);
  std::array<asio::const_buffer, 2> pieces{asio::const_buffer(head.data(), head.size()), asio::const_buffer(body.data(), body.size())};
  const std::span<asio::const_buffer> all(pieces.data(), manner_.head_only ? 1 : 2);
  const bool sent = co_await connection_.async_write(all);
  co_return sent ? Status() : gone();
}

asio::awaitable<Status> Exchange::async_send(Response response) {
  if (!manner_.encoding) manner_.encoding = Encoding::identity;  // a complete answer is worth more than a 406 for it
  if (!bodiless(response.status)) response.fields.add("Vary", "Accept-Encoding");
  Framing framing;
  const bool small = response.body.size() < kLeastCompressed;
  compressor_ = small || manner_.head_only ? nullptr : Compressor::make(*manner_.encoding);
  if (compressor_ && compressor_->add(response.body, Flush::end, compressed_)) {
    response.fields = encoded(response.fields);
    response.body.swap(compressed_);
  }
  // HEAD tells the length of what GET would send only where that is not compressed.
  const bool unknown = manner_.head_only && !small && *manner_.encoding != Encoding::identity;
  if (!bodiless(response.status) && !unknown) framing.length = response.body.size();
  const Status sent = co_await async_begin(response.status, response.fields, framing, response.body);
  finished_ = sent.has_value();
  co_return sent;
}

asio::awaitable<Status> Exchange::async_send_file(Response head, std::shared_ptr<const File> file, base::BlockingPool& pool) {
  Framing framing;
  framing.length = file->size();
  Status sent = co_await async_begin(head.status, head.fields, framing, kNothing);
  if (sent && !manner_.head_only) sent = co_await async_body(*file, pool);
  finished_ = sent.has_value();
  co_return sent;
}

asio::awaitable<Status> Exchange::async_body(const File& file, base::BlockingPool& pool) {
  for (std::uint64_t at = 0; at < file.size();) {
    const auto slice = static_cast<std::size_t>(std::min<std::uint64_t>(kFileSlice, file.size() - at));
    if (file.resident(at, slice)) {
      co_await asio::post(connection_.loop(), asio::use_awaitable);
    } else {
      std::function<void()> job = [&file, at, slice] { file.bring_in(at, slice); };
      const Status ran = co_await async_run_blocking(pool, std::move(job));
      if (!ran) co_return ran;
    }
    const bool sent = co_await connection_.async_send(file, at, slice);
    if (!sent) co_return gone();
    at += slice;
  }
  co_return Status();
}

asio::awaitable<Status> Exchange::async_start(unsigned status, Fields fields) {
  if (!manner_.encoding) manner_.encoding = Encoding::identity;
  compressor_ = Compressor::make(*manner_.encoding);
  co_return co_await async_open(status, std::move(fields));
}

asio::awaitable<Status> Exchange::async_start_shared(unsigned status, Fields fields) {
  manner_.encoding = manner_.shared_encoding.value_or(Encoding::identity);
  if (*manner_.encoding == Encoding::gzip) pieces_.emplace();
  const Status sent = co_await async_open(status, std::move(fields));
  if (!sent || !pieces_ || finished_) co_return sent;
  co_return co_await async_chunk(kGzipHead, kNothing);
}

asio::awaitable<Status> Exchange::async_open(unsigned status, Fields fields) {
  fields.add("Vary", "Accept-Encoding");
  Framing framing;
  framing.chunked = chunked_ = !manner_.old;
  if (manner_.old) manner_.keep_alive = false;
  if (compressor_ || pieces_) fields = encoded(fields);
  const Status sent = co_await async_begin(status, fields, framing, kNothing);
  if (manner_.head_only) finished_ = sent.has_value();
  co_return sent;
}

asio::awaitable<Status> Exchange::async_chunk(std::string_view bytes, std::string_view behind) {
  constexpr std::string_view kEnd = "\r\n";
  const std::string head = bytes.empty() || !chunked_ ? std::string() : chunk_head(bytes.size());
  const std::string_view end = head.empty() ? std::string_view{} : kEnd;
  std::array<asio::const_buffer, 4> pieces{asio::const_buffer(head.data(), head.size()), asio::const_buffer(bytes.data(), bytes.size()),
                                           asio::const_buffer(end.data(), end.size()), asio::const_buffer(behind.data(), behind.size())};
  const std::span<asio::const_buffer> all(pieces);
  const bool sent = co_await connection_.async_write(all);
  co_return sent ? Status() : gone();
}

asio::awaitable<Status> Exchange::async_compress(std::string_view bytes, Flush flush) {
  for (;;) {
    const auto slice = bytes.substr(0, kSlice);
    bytes.remove_prefix(slice.size());
    const bool last = bytes.empty();
    if (!compressor_->add(slice, last ? flush : Flush::none, compressed_)) co_return Error{Code::internal, "compression failed"};
    if (last) break;
    co_await asio::post(connection_.loop(), asio::use_awaitable);
  }
  const Status sent = co_await async_chunk(compressed_, kNothing);
  compressed_.clear();
  co_return sent;
}

asio::awaitable<Status> Exchange::async_as_is(std::string_view bytes) {
  std::array<asio::const_buffer, 1> pieces{asio::const_buffer(bytes.data(), bytes.size())};
  const std::span<asio::const_buffer> all(pieces);
  const bool sent = co_await connection_.async_write(all);
  co_return sent ? Status() : gone();
}

/// Bytes of this reader alone, as pieces of its gzip stream. Nothing of it is kept: the next write may be hours away.
asio::awaitable<Status> Exchange::async_pieces(std::string_view bytes) {
  std::string packed;
  while (!bytes.empty()) {
    const auto slice = bytes.substr(0, kSlice);
    bytes.remove_prefix(slice.size());
    if (!append_gzip_piece(packed, slice)) co_return Error{Code::internal, "compression failed"};
    pieces_->append(GzipChecksum::of(slice));
    if (!bytes.empty()) co_await asio::post(connection_.loop(), asio::use_awaitable);
  }
  co_return co_await async_chunk(packed, kNothing);
}

asio::awaitable<Status> Exchange::async_write_shared(const Broadcast& broadcast) {
  if (compressor_ || finished_ || status_ == 0) co_return co_await async_write(broadcast.plain().bytes(), true);
  const FramedBytes& framed = pieces_ ? broadcast.gzip() : broadcast.plain();
  if (framed.chunk().empty()) co_return Error{Code::internal, "compression failed"};
  if (pieces_) pieces_->append(broadcast.checksum());
  const std::string_view bytes = chunked_ ? framed.chunk() : framed.bytes();
  co_return co_await async_as_is(bytes);
}

asio::awaitable<Status> Exchange::async_write(std::string_view bytes, bool flush) {
  if (finished_ || status_ == 0) co_return gone();
  if (bytes.empty()) co_return Status();
  if (pieces_) co_return co_await async_pieces(bytes);
  if (compressor_) co_return co_await async_compress(bytes, flush ? Flush::block : Flush::none);
  co_return co_await async_chunk(bytes, kNothing);
}

asio::awaitable<Status> Exchange::async_finish() {
  if (finished_) co_return Status();
  if (status_ == 0) co_return Error{Code::internal, "an answer was finished that had not begun"};
  if (compressor_) {
    const Status sent = co_await async_compress(kNothing, Flush::end);
    if (!sent) co_return sent;
  }
  if (pieces_) {
    const std::string tail = gzip_tail(*pieces_);
    const Status sent = co_await async_chunk(tail, kNothing);
    if (!sent) co_return sent;
  }
  const std::string_view end = chunked_ ? "0\r\n\r\n" : "";
  const Status sent = co_await async_chunk(kNothing, end);
  finished_ = sent.has_value();
  co_return sent;
}

}  // namespace meshgate::net
