#include <array>

#include "gateway/serve/answers.hpp"
#include "gateway/serve/recast.hpp"
#include "gateway/serve/sending.hpp"
#include "mesh/value.hpp"

namespace meshgate::serve {

namespace asio = boost::asio;

namespace {

constexpr std::array kFormats{Format::ndjson, Format::json, Format::csv};

/// Live streams and events have one form each, whatever Accept says.
std::optional<net::Response> choose_lines(const net::Request& request, Live live, Format& out) {
  const bool endless = live == Live::sse || live == Live::stream;
  const auto offers = std::span(kFormats).first(endless ? 1 : kFormats.size());
  if (endless && !request.parameter("format")) return std::nullopt;
  return choose_format(request, offers, "feed readers' formats cannot say where a reader stands: they are at /items", out);
}

/// How the reader's first look went: a refusal, or a chunk.
struct Opening {
  std::optional<net::Response> refusal;
  Place place;
  std::shared_ptr<Chunk> chunk;
};

net::Response not_continued(const net::Request& request, Answer answer) {
  const NotContinued why = why_gone(answer);
  const Refusal gone = serve::refusal_of(Code::gone);
  return net::problem(gone.status, gone.type, gone.title, why.detail, request.id, ",\"reason\":\"" + std::string(why.reason) + "\"");
}

/// What keeps a chunk from being sent, if anything does.
std::optional<net::Response> refusal_of(const net::Request& request, const Chunk& chunk) {
  if (chunk.error) return failure(request, *chunk.error);
  if (!chunk.fine()) return not_continued(request, chunk.answer);
  return std::nullopt;
}

}  // namespace

std::optional<net::Response> find_place(Context& context, const net::Request& request, const Question& question, Place& place) {
  if (auto good = readable(context.services.store); !good) return failure(request, good.error());
  auto open = context.feeds.find(question.feed);
  if (!open) return failure(request, open.error());
  place.open = std::move(*open);
  place.partition = question.partition.value_or("");
  place.at = question.after;
  place.left = question.limit;
  place.schema = question.schema;
  place.events = question.live == Live::sse;
  if (question.partition) {
    if (place.open->feed->standing(place.partition)) return std::nullopt;
    return failure(request, {Code::not_found, "feed '" + question.feed + "' has no partition '" + place.partition.substr(0, 200) +
                                                  "'; GET /feeds/" + question.feed + " lists them"});
  }
  const auto state = place.open->feed->state();
  if (state.divided) return choose_partition(request, state);
  return std::nullopt;
}

namespace {

Opening open_and_read(Context& context, const net::Request& request, const Question& question) {
  Opening out;
  out.refusal = find_place(context, request, question, out.place);
  if (out.refusal) return out;
  out.chunk = std::make_shared<Chunk>(read_chunk(out.place));
  out.refusal = refusal_of(request, *out.chunk);
  return out;
}

/// A whole answer when the chunk is all there is, otherwise a stream of chunks.
asio::awaitable<void> async_send_all(Context& context, net::Reply& reply, std::shared_ptr<Chunk> chunk) {
  if (chunk->end) {
    net::Response answer;
    answer.fields = changes_fields(false);
    answer.body = std::move(chunk->bytes);
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  auto fields = changes_fields(false);
  if (!co_await reply.async_start(200, std::move(fields))) co_return;
  const auto last = co_await async_send_rest(context, reply, std::move(chunk), false);
  // Without a last chunk the answer is left unfinished, so that the reader sees that it broke off.
  if (last) (void)co_await reply.async_finish();
}

asio::awaitable<void> async_read_and_send(Context& context, const net::Request& request, net::Reply& reply, const Question& question) {
  const auto opening = std::make_shared<Opening>();
  std::function<void()> job = [&context, &request, &question, opening] { *opening = open_and_read(context, request, question); };
  const Status ran = co_await net::async_run_blocking(context.services.pool, std::move(job));
  if (!ran) opening->refusal = failure(request, ran.error());
  auto chunk = opening->chunk;
  if (!opening->refusal && question.live == Live::poll) {
    chunk = co_await async_poll(context, reply, question, opening->place, std::move(chunk));
    opening->refusal = refusal_of(request, *chunk);
  }
  opening->chunk.reset();
  if (opening->refusal) {
    (void)co_await reply.async_send(std::move(*opening->refusal));
  } else if (question.live == Live::sse || question.live == Live::stream) {
    co_await async_follow(context, reply, std::move(chunk));
  } else {
    co_await async_send_all(context, reply, std::move(chunk));
  }
}

}  // namespace

net::Fields changes_fields(bool events) {
  net::Fields out;
  out.add("Content-Type", events ? "text/event-stream" : "application/x-ndjson");
  out.add("Cache-Control", "no-store");
  return out;
}

asio::awaitable<void> async_changes(Context& context, const net::Request& request, net::Reply& reply) {
  if (request.parameter("to")) co_return co_await async_range(context, request, reply);
  const auto question = parse_question(request);
  if (!question) {
    auto answer = failure(request, question.error());
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  Format format = Format::ndjson;
  if (auto refusal = choose_lines(request, question->live, format)) {
    (void)co_await reply.async_send(std::move(*refusal));
    co_return;
  }
  if (format == Format::ndjson) co_return co_await async_read_and_send(context, request, reply, *question);
  Recast recast(reply, context.services.pool, format);
  co_await async_read_and_send(context, request, recast, *question);
}

}  // namespace meshgate::serve
