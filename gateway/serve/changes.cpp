#include <array>

#include "gateway/serve/admission.hpp"
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
  std::uint64_t rights = 0;  ///< the version by which it was let in
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

/// Where nothing of the feed is theirs: only who shows that it has read it before, by its uid or the epoch of its order, which nobody guesses, is
/// told that it may do so no more.
net::Response hidden(Context& context, const Visit& visit, const Question& question) {
  const auto open = context.feeds.find(question.feed);
  const bool known = open && holds((*open)->feed->state(), question.uid, question.after);
  return turned_away(visit.request, known ? not_theirs(context, visit, question.feed, question.partition.value_or(""))
                                          : no_such_feed(context, visit, question.feed));
}

}  // namespace

std::optional<net::Response> find_place(Context& context, const Visit& visit, const Question& question, Place& place) {
  const auto& request = visit.request;
  if (auto good = readable(context.services.store); !good) return failure(request, good.error());
  if (visit.who.sight(question.feed) == access::Sight::denied) return hidden(context, visit, question);
  if (auto refusal = find_feed(context, visit, question.feed, place.open)) return refusal;
  place.partition = question.partition.value_or("");
  place.at = question.after;
  place.left = question.limit;
  place.schema = question.schema;
  place.events = question.live == Live::sse;
  if (!question.partition) {
    auto state = place.open->feed->state();
    if (state.divided) return choose_partition(visit, std::move(state));
  }
  if (auto refusal = refuse_partition(context, visit, question.feed, place.partition)) return refusal;
  if (!question.partition || place.open->feed->standing(place.partition)) return std::nullopt;
  return turned_away(request, {serve::refusal_of(Code::not_found), "feed '" + question.feed + "' has no partition '" + place.partition.substr(0, 200) +
                                                                       "'; GET /feeds/" + question.feed + " lists them"});
}

namespace {

Opening open_and_read(Context& context, const Visit& visit, const Question& question) {
  Opening out;
  out.rights = context.rights_version;
  out.refusal = find_place(context, visit, question, out.place);
  if (out.refusal) return out;
  out.chunk = std::make_shared<Chunk>(read_chunk(out.place));
  out.refusal = refusal_of(visit.request, *out.chunk);
  return out;
}

/// A whole answer when the chunk is all there is, otherwise a stream of chunks.
asio::awaitable<void> async_send_all(Context& context, const Visit& visit, net::Reply& reply, std::shared_ptr<Chunk> chunk, OpenRight& right) {
  if (chunk->end) {
    net::Response answer;
    answer.fields = changes_fields(false);
    add_rights(visit, answer.fields);
    answer.body = std::move(chunk->bytes);
    (void)co_await reply.async_send(std::move(answer));
    co_return;
  }
  auto fields = changes_fields(false);
  add_rights(visit, fields);
  if (!co_await reply.async_start(200, std::move(fields))) co_return;
  const auto last = co_await async_send_rest(context, reply, std::move(chunk), right, false);
  // Without a last chunk the answer is left unfinished, so that the reader sees that it broke off.
  if (last) (void)co_await reply.async_finish();
}

/// What a reader is answered that waited and may no longer read.
std::optional<net::Response> refusal_now(const Context& context, const Visit& visit, OpenRight& right) {
  if (right.on()) return std::nullopt;
  if (!visit.who.signed_in()) return unproved(visit.request, {Code::auth, "this device was revoked: sign in again"});
  return refuse_partition(context, visit, right.feed(), right.partition());
}

asio::awaitable<void> async_read_and_send(Context& context, const Visit& visit, net::Reply& reply, const Question& question) {
  const auto opening = std::make_shared<Opening>();
  std::function<void()> job = [&context, &visit, &question, opening] { *opening = open_and_read(context, visit, question); };
  const Status ran = co_await net::async_run_blocking(context.services.pool, std::move(job));
  if (!ran) opening->refusal = failure(visit.request, ran.error());
  OpenRight right(context, visit.who, opening->rights, question.feed, opening->place.partition, question.rights);
  auto chunk = opening->chunk;
  if (!opening->refusal && question.live == Live::poll) {
    chunk = co_await async_poll(context, reply, question, opening->place, std::move(chunk), right);
    opening->refusal = refusal_now(context, visit, right);
    if (!opening->refusal) opening->refusal = refusal_of(visit.request, *chunk);
  }
  opening->chunk.reset();
  if (opening->refusal) {
    (void)co_await reply.async_send(std::move(*opening->refusal));
  } else if (question.live == Live::sse || question.live == Live::stream) {
    co_await async_follow(context, reply, std::move(chunk), right);
  } else {
    co_await async_send_all(context, visit, reply, std::move(chunk), right);
  }
}

}  // namespace

net::Fields changes_fields(bool events) {
  net::Fields out;
  out.add("Content-Type", events ? "text/event-stream" : "application/x-ndjson");
  out.add("Cache-Control", "no-store");
  return out;
}

asio::awaitable<void> async_changes(Context& context, const Visit& visit, net::Reply& reply) {
  const auto& request = visit.request;
  if (request.parameter("to")) co_return co_await async_range(context, visit, reply);
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
  if (format == Format::ndjson) co_return co_await async_read_and_send(context, visit, reply, *question);
  Recast recast(reply, context.services.pool, format);
  co_await async_read_and_send(context, visit, recast, *question);
}

}  // namespace meshgate::serve
