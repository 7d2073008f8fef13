#include "gateway/federation/reception.hpp"

#include <algorithm>

#include "gateway/federation/answered.hpp"
#include "gateway/federation/brought.hpp"
#include "gateway/net/loops.hpp"
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
  const std::string_view detail = why.code == Code::no_space ? "the disk of the node that takes it is full: nothing is taken until there is room" : std::string_view(why.message);
  auto out = net::problem(503, "unavailable", "Not now", detail, request.id);
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
  auto out = json(cursors_text(held));
  out.fields.add("Accept-Encoding", "zstd");
  return out;
}

Result<std::shared_ptr<store::Feed>> Reception::offered(const std::string& feed) {
  const auto names = store_.names();
  if (std::ranges::find(names, feed) == names.end()) return Error{Code::conflict, "PUT /peers/feeds/" + feed + " comes first"};
  return store_.feed(feed);
}

net::Response Reception::take(const net::Request& request) {
  const auto from = Cursor::parse(request.parameter("after").value_or(""));
  if (!from) return problem(request, {Code::config, "parameter 'after' must be the cursor behind which the page begins"});
  const std::string partition(request.parameter("partition").value_or(""));
  auto feed = offered(request.captures[0]);
  if (!feed) return problem(request, feed.error());
  auto page = parse_page(request.body);
  if (!page) return problem(request, page.error());
  auto taken = (*feed)->follow(partition, *from, page->lines, page->mark);
  const Cursor at = (*feed)->followed(partition);
  note(request, taken);
  if (!taken) return problem(request, taken.error(), ",\"cursor\":\"" + at.text() + "\"");
  return json("{\"cursor\":\"" + at.text() + "\"}\n");
}

/// The body answers the question before; the answer is the next one, or where the repaired copy stands.
net::Response Reception::reconcile(const net::Request& request) {
  const Part part{request.captures[0], std::string(request.parameter("partition").value_or(""))};
  auto feed = offered(part.feed);
  if (!feed) return problem(request, feed.error());
  auto step = repairs_.take(*feed, part, request.body, options_.aside);
  const auto peer = std::ranges::find(options_.peers, request.client, &Peer::subject);
  if (!step) {
    const Code code = step.error().code;
    if (code == Code::not_found || code == Code::no_space || retryable(code)) return problem(request, step.error());
    log_.info("federation", peer->name + ": " + part.text() + ": not repaired (" + step.error().message + "); it is brought from 0");
    return problem(request, {Code::conflict, step.error().message});
  }
  if (step->question) return json(text(*step->question));
  tell(log_, peer->name, part.text(), *step->mended);
  return json("{\"cursor\":\"" + (*feed)->followed(part.partition).text() + "\"}\n");
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
  if (!done && own.error != done.error().message) log_.warning("federation", blame(peer->name, done.error()));
  own.error = done ? std::string() : done.error().message;
}

std::optional<Standing> Reception::standing(std::string_view feed) const {
  const std::lock_guard lock(mutex_);
  const auto own = brought_.find(feed);
  if (own == brought_.end()) return std::nullopt;
  Standing out{Standing::State::following, own->second.peer, own->second.error, own->second.since};
  const auto silent = now().count - own->second.last.count;
  if (out.error.empty() && silent > kSilence) out.error = "nothing has been brought for " + std::to_string(silent / 1000000) + " s; look at that node and the line";
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
  router.add("POST", "/peers/feeds/{feed}/reconcile", answering(&Reception::reconcile));
}

}  // namespace meshgate::federation
