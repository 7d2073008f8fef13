#include "gateway/federation/reception.hpp"

#include <algorithm>

#include "gateway/federation/answered.hpp"
#include "gateway/federation/bindings.hpp"
#include "gateway/federation/brought.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/store/origin.hpp"

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

Reception::Reception(const Options& options, Bindings& bindings, store::Store& store, base::BlockingPool& pool, base::Log& log)
    : options_(options), bindings_(bindings), store_(store), pool_(pool), log_(log) {}

const FollowedFeed* Reception::welcome(const net::Request& request) const {
  const auto feed = std::ranges::find(options_.feeds, request.captures[0], &FollowedFeed::name);
  if (feed == options_.feeds.end() || request.client.empty()) return nullptr;
  const auto known = [&](std::size_t peer) { return options_.peers[peer].subject == request.client; };
  return std::ranges::any_of(feed->peers, known) ? &*feed : nullptr;
}

net::Response Reception::offer(const net::Request& request) {
  const auto offered = parse_feed(request.body);
  const auto origin = parse_offered_origin(request.body);
  if (!offered || !origin || origin->uid != offered->uid) return problem(request, {Code::config, "the body does not describe a feed"});
  auto feed = copy(request, *offered, *origin);
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

Result<std::shared_ptr<store::Feed>> Reception::offered(const net::Request& request) {
  const std::string& name = request.captures[0];
  auto feed = known(store_, name);
  const auto binding = bindings_.of_feed(name);
  if (!feed || (binding && !has_offered(request, binding->stated.seal.key))) return Error{Code::conflict, "PUT /peers/feeds/" + name + " comes first"};
  return feed;
}

Result<std::shared_ptr<store::Feed>> Reception::copy(const net::Request& request, const OfferedFeed& offered, StatedClaim origin) {
  const std::string& name = request.captures[0];
  // Who says no key says here which feed it is, and elsewhere whose.
  if (const auto held = known(store_, name); held && origin.seal.key.empty()) origin.claim = own_claim(*held).claim;
  if (auto admitted = bindings_.admit(peer_of(request), name, origin); !admitted) return std::move(admitted).error();
  auto feed = store_.copy(name, {FeedUid{*Bits128::from_hex(offered.uid)}, offered.schema, offered.divided});
  if (!feed) return feed;
  if (auto admitted = bindings_.admit(peer_of(request), name, origin); !admitted) return std::move(admitted).error();
  const std::lock_guard lock(mutex_);
  brought_[name].offered.insert_or_assign(request.client, origin.seal.key);
  return feed;
}

bool Reception::has_offered(const net::Request& request, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto feed = brought_.find(request.captures[0]);
  if (feed == brought_.end()) return false;
  const auto offered = feed->second.offered.find(request.client);
  return offered != feed->second.offered.end() && offered->second == key;
}

const Peer& Reception::peer_of(const net::Request& request) const { return *std::ranges::find(options_.peers, request.client, &Peer::subject); }

net::Response Reception::take(const net::Request& request) {
  const auto from = Cursor::parse(request.parameter("after").value_or(""));
  if (!from) return problem(request, {Code::config, "parameter 'after' must be the cursor behind which the page begins"});
  const std::string partition(request.parameter("partition").value_or(""));
  auto feed = offered(request);
  if (!feed) return problem(request, feed.error());
  auto page = parse_page(request.body);
  if (!page) return problem(request, page.error());
  auto taken = (*feed)->follow(partition, *from, page->lines, page->mark);
  const Cursor at = (*feed)->followed(partition);
  if (!taken && !store::may_take(**feed, page->mark.cursor.epoch, page->mark.as_of, page->mark.loading)) {
    note_fork(request, taken.error());
    return problem(request, taken.error());  // there is no cursor to go on from
  }
  note(request, taken);
  if (!taken) return problem(request, taken.error(), ",\"cursor\":\"" + at.text() + "\"");
  return json("{\"cursor\":\"" + at.text() + "\"}\n");
}

/// The body answers the question before; the answer is the next one, or where the repaired copy stands.
net::Response Reception::reconcile(const net::Request& request) {
  const Part part{request.captures[0], std::string(request.parameter("partition").value_or(""))};
  auto feed = offered(request);
  if (!feed) return problem(request, feed.error());
  auto step = repairs_.take(*feed, part, request.body, options_.aside);
  const std::string& peer = peer_of(request).name;
  if (!step) {
    const Code code = step.error().code;
    if (code == Code::not_found || code == Code::no_space || retryable(code)) return problem(request, step.error());
    log_.info("federation", peer + ": " + part.text() + ": not repaired (" + step.error().message + "); it is brought from 0");
    return problem(request, {Code::conflict, step.error().message});
  }
  if (step->question) return json(text(*step->question));
  tell(log_, peer, part.text(), *step->mended);
  return json("{\"cursor\":\"" + (*feed)->followed(part.partition).text() + "\"}\n");
}

/// What has become of it, for whoever asks how the feed does.
void Reception::note(const net::Request& request, const Status& done) {
  const Peer& peer = peer_of(request);
  const std::lock_guard lock(mutex_);
  Brought& own = brought_[request.captures[0]];
  const Micros at = now();
  if (own.peer != peer.name) own.since = at;
  own.peer = peer.name;
  own.last = at;
  if (!done && own.error != done.error().message) log_.warning("federation", blame(peer.name, done.error()));
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
  Standing out{Standing::State::following, own->second.peer, own->second.error, own->second.since, own->second.last};
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
  router.add("POST", "/peers/feeds/{feed}/reconcile", answering(&Reception::reconcile));
}

}  // namespace meshgate::federation
