#include "gateway/federation/lookout.hpp"

#include <algorithm>

#include "gateway/access/identity.hpp"
#include "gateway/federation/answered.hpp"
#include "gateway/federation/on_pool.hpp"

namespace meshgate::federation {

using access::Sight;

namespace {

constexpr std::string_view kPath = "/peers/mesh";

Horizon::Time clock_now() { return std::chrono::steady_clock::now(); }

/// What a certificate calls its node: of "CN=branch" it is "branch".
std::string name_in(const std::string& subject) {
  constexpr std::string_view kName = "CN=";
  const bool alone = subject.starts_with(kName) && subject.find_first_of(",+\\") == std::string::npos;
  return alone ? subject.substr(kName.size()) : subject;
}

bool holds(const store::FeedState& state, std::string_view partition) { return std::ranges::binary_search(state.partitions, partition, {}, &store::PartitionState::name); }

}  // namespace

Lookout::Lookout(House house) : house_(std::move(house)), horizon_(house_.options.identity ? house_.options.identity->key() : std::string()) {}

std::vector<SeenNode> Lookout::nodes() const { return horizon_.nodes(clock_now()); }

const Peer* Lookout::peer_with(const std::string& subject) const {
  const auto at = subject.empty() ? house_.options.peers.end() : std::ranges::find(house_.options.peers, subject, &Peer::subject);
  return at == house_.options.peers.end() ? nullptr : &*at;
}

std::string Lookout::id_of(const std::string& subject) const {
  const Peer* peer = peer_with(subject);
  return peer != nullptr ? "peer " + peer->name : "node " + subject;
}

/// Whether the configuration has the feed come from the peer, or go there.
bool Lookout::shares(const Peer& peer, std::string_view feed) const {
  if (std::ranges::find(peer.push, feed) != peer.push.end()) return true;
  const auto followed = std::ranges::find(house_.options.feeds, feed, &FollowedFeed::name);
  if (followed == house_.options.feeds.end()) return false;
  return std::ranges::any_of(followed->peers, [&](std::size_t number) { return &house_.options.peers[number] == &peer; });
}

Lookout::Neighbour Lookout::dialled(const Peer& peer) const {
  const auto feed = [this, &peer](std::string_view name) { return shares(peer, name); };
  const auto partition = [&peer](std::string_view name, std::string_view one) { return brings(peer, name, one); };
  return {"peer " + peer.name, peer.name, feed, partition};
}

std::optional<Lookout::Neighbour> Lookout::with_subject(const std::string& subject) const {
  if (subject.empty()) return std::nullopt;
  const Peer* peer = peer_with(subject);
  const access::Principal node{{}, {}, subject};
  const auto ours = [this, peer](std::string_view feed) { return peer != nullptr && shares(*peer, feed); };
  Neighbour out{id_of(subject), peer != nullptr ? peer->name : name_in(subject), {}, {}};
  out.feed = [this, ours, node](std::string_view feed) { return ours(feed) || house_.access->sight(node, feed) == Sight::allowed; };
  out.partition = [this, ours, node, peer](std::string_view feed, std::string_view partition) { return (ours(feed) && brings(*peer, feed, partition)) || house_.access->sight(node, feed, partition) == Sight::allowed; };
  if (peer != nullptr || std::ranges::any_of(house_.store.names(), out.feed)) return out;
  return std::nullopt;
}

Lookout::Shown Lookout::shown_to(const Neighbour& other) const {
  Shown out;
  for (const auto& name : house_.store.names()) {
    const auto feed = other.feed(name) ? house_.store.feed(name) : Result<std::shared_ptr<store::Feed>>(Error{Code::not_found, {}});
    if (feed) out.emplace(name, (*feed)->state());
  }
  return out;
}

SeenFeed Lookout::seen_here(const store::FeedState& state, const Neighbour& other) const {
  SeenFeed out{state.name, house_.state(state.name), {}, state.epoch, 0, state.as_of, state.loading};
  for (const auto& one : state.partitions) {
    out.seq = std::max(out.seq, number(one.standing.head));
    if (state.divided && out.partitions.size() < SeenFeed::kMostPartitions && other.partition(state.name, one.name)) out.partitions.push_back(one.name);
  }
  return out;
}

bool Lookout::narrow(SeenNode& node, const Neighbour& other, const Shown& shown) {
  std::erase_if(node.feeds, [&](const SeenFeed& feed) { return !shown.contains(feed.feed); });
  for (SeenFeed& feed : node.feeds) {
    const auto& here = shown.find(feed.feed)->second;
    std::erase_if(feed.partitions, [&](const std::string& one) { return !holds(here, one) || !other.partition(feed.feed, one); });
  }
  return !node.feeds.empty();
}

/// But those that speak for themselves.
std::vector<SeenNode> Lookout::followers_for(const Neighbour& other, const Shown& shown) const {
  std::vector<SeenNode> out;
  for (SeenFollower& one : house_.followers()) {
    const std::string id = one.subject.empty() ? std::string() : id_of(one.subject);
    if (id == other.id || one.node.age > Horizon::kForgotten || horizon_.hears(id, clock_now())) continue;
    for (SeenFeed& feed : one.node.feeds) {
      const auto here = shown.find(feed.feed);
      if (here != shown.end() && feed.seq > 0) feed.epoch = here->second.epoch;
    }
    out.push_back(std::move(one.node));
  }
  return out;
}

Outlook Lookout::outlook_for(const Neighbour& other) const {
  const auto shown = shown_to(other);
  Outlook out;
  out.self.node = house_.options.node;
  if (house_.options.identity) out.self.key = house_.options.identity->key();
  for (const auto& [name, state] : shown) out.self.feeds.push_back(seen_here(state, other));
  out.nodes = followers_for(other, shown);
  for (SeenNode& one : horizon_.nodes_for(other.id, clock_now())) out.nodes.push_back(std::move(one));
  std::erase_if(out.nodes, [&](SeenNode& one) { return !narrow(one, other, shown); });
  std::ranges::stable_sort(out.nodes, {}, [](const SeenNode& one) { return one.over.size(); });
  return out;
}

void Lookout::meet(net::HttpClient& client, const Peer& peer) {
  const Neighbour other = dialled(peer);
  net::Fields fields;
  fields.add("Content-Type", "application/json");
  const auto answer = client.send("POST", peer.url + std::string(kPath), outlook_text(outlook_for(other)), fields);
  if (!answer || answer->status != 200 || !check_protocol(*answer)) return;
  auto said = parse_outlook(answer->body);
  if (said) horizon_.hear(other.id, other.called, std::move(*said), clock_now());
}

net::Response Lookout::hear(const net::Request& request) {
  const auto other = with_subject(request.client);
  if (!other) return net::problem(404, "not-found", "Not found", "nobody with this certificate follows feeds of this node, or brings any here", request.id);
  auto said = parse_outlook(request.body);
  if (!said) return net::problem(400, "bad-request", "Bad request", said.error().message, request.id);
  horizon_.hear(other->id, other->called, std::move(*said), clock_now());
  net::Response out{200, {}, outlook_text(outlook_for(*other))};
  out.fields.add("Content-Type", "application/json");
  out.fields.add("Cache-Control", "no-store");
  return out;
}

void Lookout::add_routes(net::Router& router) {
  router.add("POST", std::string(kPath), on_pool(house_.pool, [this](const net::Request& request) { return hear(request); }));
}

}  // namespace meshgate::federation
