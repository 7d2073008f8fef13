#include "gateway/federation/reception.hpp"

#include <algorithm>

#include "gateway/federation/brought.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/store/origin.hpp"
#include "mesh/offered_feed.hpp"

namespace meshgate::federation {

namespace asio = boost::asio;

namespace {

constexpr std::int64_t kSilence = 60000000;  ///< micros, four heartbeats

net::Response json(std::string body) {
  net::Response out;
  out.fields.add("Content-Type", "application/json");
  out.fields.add("Cache-Control", "no-store");
  out.body = std::move(body);
  return out;
}

net::Response problem(const net::Request& request, const Error& why, std::string_view more = {}) {
  switch (why.code) {
    case Code::conflict: return net::problem(409, "conflict", "Not taken", why.message, request.id, more);
    case Code::config:
    case Code::corrupt:
    case Code::unsupported: return net::problem(400, "bad-request", "Bad request", why.message, request.id);
    case Code::not_found: return net::problem(404, "not-found", "Not found", why.message, request.id);
    default: break;
  }
  auto out = net::problem(503, "unavailable", "Not now", why.message, request.id);
  out.fields.add("Retry-After", "1");
  return out;
}

/// The same for a feed that is not there and for one that this peer may not bring.
Error not_welcome() { return {Code::not_found, "nobody with this certificate brings a feed of this name here; the peer's `subject` and the feed's `from: { peer: … }` decide"}; }

}  // namespace

Reception::Reception(const Options& options, store::Store& store, base::BlockingPool& pool, base::Log& log)
    : options_(options), store_(store), pool_(pool), log_(log) {}

const FollowedFeed* Reception::welcome(const net::Request& request) const {
  const auto feed = std::ranges::find(options_.feeds, request.captures[0], &FollowedFeed::name);
  if (feed == options_.feeds.end() || request.client.empty()) return nullptr;
  const auto known = [&](std::size_t peer) { return options_.peers[peer].subject == request.client; };
  return std::ranges::any_of(feed->peers, known) ? &*feed : nullptr;
}

net::Response Reception::offer(const net::Request& request) {
  auto offered = parse_feed(request.body);
  if (!offered) return problem(request, {Code::config, "the body does not describe a feed"});
  const auto uid = Bits128::from_hex(offered->uid);
  if (!uid) return problem(request, {Code::config, "the body does not describe a feed"});
  auto feed = store_.copy(request.captures[0], {FeedUid{*uid}, offered->schema, offered->divided});
  // What was kept back of an earlier line counts too.
  const Status ready = feed ? (*feed)->finish() : Status(feed.error());
  note(request, ready);
  if (!ready) return problem(request, ready.error());
  Cursors held;
  for (const auto& one : (*feed)->state().partitions) {
    if (const Cursor at = (*feed)->followed(one.name); !at.start()) held.emplace(one.name, at);
  }
  return json(cursors_text(held));
}

net::Response Reception::take(const net::Request& request) {
  const auto from = Cursor::parse(request.parameter("after").value_or(""));
  if (!from) return problem(request, {Code::config, "parameter 'after' must be the cursor behind which the page begins"});
  const std::string partition(request.parameter("partition").value_or(""));
  const auto names = store_.names();
  if (std::ranges::find(names, request.captures[0]) == names.end()) return problem(request, {Code::conflict, "PUT /peers/feeds/" + request.captures[0] + " comes first"});
  auto feed = store_.feed(request.captures[0]);
  if (!feed) return problem(request, feed.error());
  auto page = parse_page(request.body);
  if (!page) return problem(request, page.error());
  auto taken = (*feed)->follow(partition, *from, page->lines, page->mark);
  const Cursor at = (*feed)->followed(partition);
  if (!taken && !store::may_take(**feed, page->mark.cursor.epoch)) {
    note_fork(request, taken.error());
    return problem(request, taken.error());  // there is no cursor to go on from
  }
  note(request, taken);
  if (!taken) return problem(request, taken.error(), ",\"cursor\":\"" + at.text() + "\"");
  return json("{\"cursor\":\"" + at.text() + "\"}\n");
}

/// What has become of it, for whoever asks how the feed does.
void Reception::note(const net::Request& request, const Status& done) {
  const auto peer = std::ranges::find(options_.peers, request.client, &Peer::subject);
  const std::lock_guard lock(mutex_);
  Brought& own = brought_[request.captures[0]];
  const Micros at = now();
  if (own.peer != peer->name) own.since = at;
  own.peer = peer->name;
  own.last = at;
  if (!done && own.error != done.error().message) log_.warning("federation", peer->name + ": " + done.error().message);
  own.error = done ? std::string() : done.error().message;
}

/// It is said for a while, whatever the other one brings meanwhile.
void Reception::note_fork(const net::Request& request, const Error& why) {
  const auto peer = std::ranges::find(options_.peers, request.client, &Peer::subject);
  const std::lock_guard lock(mutex_);
  Brought& own = brought_[request.captures[0]];
  if (own.fork != why.message) log_.error("federation", peer->name + ": " + why.message);
  own.fork = why.message;
  own.forked = now();
}

std::optional<Standing> Reception::standing(std::string_view feed) const {
  const std::lock_guard lock(mutex_);
  const auto own = brought_.find(feed);
  if (own == brought_.end()) return std::nullopt;
  Standing out{Standing::State::following, own->second.peer, own->second.error, own->second.since};
  const auto silent = now().count - own->second.last.count;
  if (out.error.empty() && silent > kSilence) out.error = "nothing has been brought for " + std::to_string(silent / 1000000) + " s; look at that node and the line";
  if (now().count - own->second.forked.count < kSilence) out.error = own->second.fork;
  if (!out.error.empty()) out.state = Standing::State::failing;
  return out;
}

void Reception::add_routes(net::Router& router) {
  const auto answering = [this](net::Response (Reception::*make)(const net::Request&)) {
    return [this, make](const net::Request& request, net::Reply& reply) -> asio::awaitable<void> {
      const auto answer = std::make_shared<net::Response>();
      std::function<void()> job = [this, make, answer, &request] { *answer = welcome(request) != nullptr ? (this->*make)(request) : problem(request, not_welcome()); };
      const Status ran = co_await net::async_run_blocking(pool_, std::move(job));
      if (!ran) *answer = problem(request, ran.error());
      (void)co_await reply.async_send(std::move(*answer));
    };
  };
  router.add("PUT", "/peers/feeds/{feed}", answering(&Reception::offer));
  router.add("POST", "/peers/feeds/{feed}/changes", answering(&Reception::take));
}

}  // namespace meshgate::federation
