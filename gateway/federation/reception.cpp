#include "gateway/federation/reception.hpp"

#include <algorithm>

#include "gateway/federation/answered.hpp"
#include "gateway/federation/batch_cutter.hpp"
#include "gateway/federation/bindings.hpp"
#include "gateway/federation/brought.hpp"
#include "gateway/federation/on_pool.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/net/wire.hpp"
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

net::Response problem(const std::string& request, const Error& why, std::string_view more = {}) {
  switch (why.code) {
    case Code::conflict: return net::problem(409, "conflict", "Not taken", why.message, request, more);
    case Code::config:
    case Code::corrupt:
    case Code::unsupported: return net::problem(400, "bad-request", "Bad request", why.message, request);
    case Code::not_found: return net::problem(404, "not-found", "Not found", why.message, request);
    default: break;
  }
  const std::string_view detail = why.code == Code::no_space ? "the disk of the node that takes it is full: nothing is taken until there is room" : std::string_view(why.message);
  auto out = net::problem(503, "unavailable", "Not now", detail, request);
  out.fields.add("Retry-After", "1");
  return out;
}

/// The same for a feed that is not there and for one that this peer may not bring.
Error not_welcome() { return {Code::not_found, "nobody with this certificate brings a feed of this name here; the peer's `subject` and the feed's `from: { peer: … }` decide"}; }

}  // namespace

Reception::Reception(const Options& options, Bindings& bindings, store::Store& store, base::BlockingPool& pool, base::Log& log)
    : options_(options), bindings_(bindings), store_(store), pool_(pool), log_(log) {}

Reception::Delivery Reception::delivery_of(const net::Request& request) {
  return {{request.captures[0], std::string(request.parameter("partition").value_or(""))}, request.client, request.id};
}

bool Reception::welcome(const Delivery& delivery) const {
  const auto feed = std::ranges::find(options_.feeds, delivery.part.feed, &FollowedFeed::name);
  if (feed == options_.feeds.end() || delivery.client.empty()) return false;
  const auto known = [&](std::size_t peer) { return options_.peers[peer].subject == delivery.client; };
  return std::ranges::any_of(feed->peers, known);
}

net::Response Reception::offer(const Delivery& delivery, const net::Request& request) {
  const auto offered = parse_feed(request.body);
  const auto origin = parse_offered_origin(request.body);
  if (!offered || !origin || origin->uid != offered->uid) return problem(delivery.id, {Code::config, "the body does not describe a feed"});
  auto feed = copy(delivery, *offered, *origin);
  // What was kept back of an earlier line counts too.
  const Status ready = feed ? (*feed)->finish() : Status(feed.error());
  note(delivery, ready);
  if (!ready) return problem(delivery.id, ready.error());
  Cursors held;
  for (const auto& one : (*feed)->state().partitions) {
    if (const Cursor at = (*feed)->followed(one.name); !at.start()) held.emplace(one.name, at);
  }
  auto out = json(cursors_text(held));
  out.fields.add("Accept-Encoding", "zstd");
  return out;
}

Result<std::shared_ptr<store::Feed>> Reception::offered(const Delivery& delivery) {
  const std::string& name = delivery.part.feed;
  auto feed = known(store_, name);
  const auto binding = bindings_.of_feed(name);
  if (!feed || (binding && !has_offered(delivery, binding->stated.seal.key))) return Error{Code::conflict, "PUT /peers/feeds/" + name + " comes first"};
  return feed;
}

Result<std::shared_ptr<store::Feed>> Reception::copy(const Delivery& delivery, const OfferedFeed& offered, StatedClaim origin) {
  const std::string& name = delivery.part.feed;
  // Who says no key says here which feed it is, and elsewhere whose.
  if (const auto held = known(store_, name); held && origin.seal.key.empty()) origin.claim = own_claim(*held).claim;
  if (auto admitted = bindings_.admit(peer_of(delivery), name, origin); !admitted) return std::move(admitted).error();
  auto feed = store_.copy(name, {FeedUid{*Bits128::from_hex(offered.uid)}, offered.schema, offered.divided});
  if (!feed) return feed;
  if (auto admitted = bindings_.admit(peer_of(delivery), name, origin); !admitted) return std::move(admitted).error();
  const std::lock_guard lock(mutex_);
  brought_[name].offered.insert_or_assign(delivery.client, origin.seal.key);
  return feed;
}

bool Reception::has_offered(const Delivery& delivery, const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto feed = brought_.find(delivery.part.feed);
  if (feed == brought_.end()) return false;
  const auto offered = feed->second.offered.find(delivery.client);
  return offered != feed->second.offered.end() && offered->second == key;
}

const Peer& Reception::peer_of(const Delivery& delivery) const { return *std::ranges::find(options_.peers, delivery.client, &Peer::subject); }

net::Response Reception::take_request(const Delivery& delivery, const net::Request& request) {
  const auto after = Cursor::parse(request.parameter("after").value_or(""));
  if (!after) return problem(delivery.id, {Code::config, "parameter 'after' must be the cursor behind which the page begins"});
  return take(delivery, *after, request.body);
}

net::Response Reception::take(const Delivery& delivery, const Cursor& after, std::string_view body) {
  auto feed = offered(delivery);
  if (!feed) return problem(delivery.id, feed.error());
  auto page = parse_page(body);
  if (!page) return problem(delivery.id, page.error());
  auto taken = (*feed)->follow(delivery.part.partition, after, page->lines, page->mark);
  const Cursor at = (*feed)->followed(delivery.part.partition);
  if (!taken && !store::may_take(**feed, page->mark.cursor.epoch, page->mark.as_of, page->mark.loading)) {
    note_fork(delivery, taken.error());
    return problem(delivery.id, taken.error());  // there is no cursor to go on from
  }
  note(delivery, taken);
  if (!taken) return problem(delivery.id, taken.error(), ",\"cursor\":\"" + at.text() + "\"");
  return json("{\"cursor\":\"" + at.text() + "\"}\n");
}

/// The body answers the question before; the answer is the next one, or where the repaired copy stands.
net::Response Reception::reconcile(const Delivery& delivery, const net::Request& request) {
  auto feed = offered(delivery);
  if (!feed) return problem(delivery.id, feed.error());
  auto step = repairs_.take(*feed, delivery.part, request.body, options_.aside);
  const std::string& peer = peer_of(delivery).name;
  if (!step) {
    const Code code = step.error().code;
    if (code == Code::not_found || code == Code::no_space || retryable(code)) return problem(delivery.id, step.error());
    log_.info("federation", peer + ": " + delivery.part.text() + ": not repaired (" + step.error().message + "); it is brought from 0");
    return problem(delivery.id, {Code::conflict, step.error().message});
  }
  if (step->question) return json(text(*step->question));
  tell(log_, peer, delivery.part.text(), *step->mended);
  return json("{\"cursor\":\"" + (*feed)->followed(delivery.part.partition).text() + "\"}\n");
}

/// What has become of it, for whoever asks how the feed does.
void Reception::note(const Delivery& delivery, const Status& done) {
  const Peer& peer = peer_of(delivery);
  const std::lock_guard lock(mutex_);
  Brought& own = brought_[delivery.part.feed];
  const Micros at = now();
  if (own.peer != peer.name) own.since = at;
  own.peer = peer.name;
  own.last = at;
  if (!done && own.error != done.error().message) log_.warning("federation", blame(peer.name, done.error()));
  own.error = done ? std::string() : done.error().message;
}

/// It is said for a while, whatever the other one brings meanwhile.
void Reception::note_fork(const Delivery& delivery, const Error& why) {
  const Peer& peer = peer_of(delivery);
  const std::lock_guard lock(mutex_);
  Brought& own = brought_[delivery.part.feed];
  if (own.fork != why.message) log_.error("federation", peer.name + ": " + why.message);
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

asio::awaitable<void> Reception::async_line(const net::Request& request, net::OpenBody& body, net::Reply& reply) {
  if (request.client.empty() || std::ranges::find(options_.peers, request.client, &Peer::subject) == options_.peers.end()) {
    auto refusal = problem(request.id, not_welcome());
    (void)co_await reply.async_send(std::move(refusal));
    co_return;
  }
  net::Fields fields;
  fields.add("Content-Type", "application/x-ndjson");
  fields.add("Cache-Control", "no-store");
  Status sent = co_await reply.async_start(200, std::move(fields));
  BatchCutter cutter(body.most());
  while (sent && !reply.draining()) {
    Result<std::optional<Batch>> batch = cutter.next();
    net::Refused refused;
    if (batch && !*batch) {
      std::string came;
      const bool more = co_await body.async_read(came, refused);
      if (more) cutter.add(came);
      if (more) continue;
      if (!refused) break;
    }
    const auto answer = std::make_shared<net::Response>();
    if (!batch) refused = net::Refusal{batch.error().code == Code::unsupported ? 413U : 400U, batch.error().message};
    if (refused) {
      *answer = net::problem(refused->status, "line-ended", net::reason(refused->status), refused->detail, request.id);
    } else {
      const Delivery delivery{(*batch)->part, request.client, request.id};
      std::function<void()> job = [this, answer, &delivery, &batch] { *answer = welcome(delivery) ? take(delivery, (*batch)->after, (*batch)->page) : problem(delivery.id, not_welcome()); };
      const Status ran = co_await net::async_run_blocking(pool_, std::move(job));
      if (!ran) *answer = problem(request.id, ran.error());
    }
    sent = co_await reply.async_write(answer->body, true);
    if (refused) break;
    body.begin();
  }
  (void)co_await reply.async_finish();
}

void Reception::add_routes(net::Router& router) {
  const auto answering = [this](net::Response (Reception::*make)(const Delivery&, const net::Request&)) {
    return on_pool(pool_, [this, make](const net::Request& request) {
      const Delivery delivery = delivery_of(request);
      return welcome(delivery) ? (this->*make)(delivery, request) : problem(request.id, not_welcome());
    });
  };
  router.add("PUT", "/peers/feeds/{feed}", answering(&Reception::offer));
  router.add("POST", "/peers/feeds/{feed}/changes", answering(&Reception::take_request));
  router.add("POST", "/peers/feeds/{feed}/reconcile", answering(&Reception::reconcile));
  router.add_open("POST", "/peers/line", [this](const net::Request& request, net::OpenBody& body, net::Reply& reply) { return async_line(request, body, reply); });
}

}  // namespace meshgate::federation
