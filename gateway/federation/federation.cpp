#include "gateway/federation/federation.hpp"

#include <algorithm>

namespace meshgate::federation {

std::string_view word(Standing::State state) {
  switch (state) {
    case Standing::State::connecting: return "connecting";
    case Standing::State::following: return "following";
    case Standing::State::origin: return "origin";
    case Standing::State::failing: break;
  }
  return "failing";
}

std::string_view word(LinkState::State state) {
  switch (state) {
    case LinkState::State::connecting: return "connecting";
    case LinkState::State::connected: return "connected";
    case LinkState::State::failing: break;
  }
  return "failing";
}

std::string_view word(FeedThere::State state) {
  switch (state) {
    case FeedThere::State::followed: return "followed";
    case FeedThere::State::ready: return "ready";
    case FeedThere::State::lagging: return "lagging";
    case FeedThere::State::failing: break;
  }
  return "failing";
}

Federation::Federation(Options options, store::Store& store, base::BlockingPool& pool, base::Log& log, base::Metrics& metrics, const Pull::Denied& denied,
                       const Pull::Admits& admits, const Pull::Taken& taken)
    : options_(std::move(options)), store_(store), bindings_(options_, store, log, metrics), routes_(options_), reception_(options_, bindings_, store, pool, log), claims_(options_, bindings_, store, pool, log) {
  base::Counter& moves = metrics.counter("meshgate_peer_moves", "How often a feed was followed from another peer than before.");
  routes_.on_change([this, &log, &moves](const std::string& moved) {
    if (!moved.empty()) moves.add();
    if (!moved.empty()) log.info("federation", moved);
    look_again();
  });
  for (std::size_t peer = 0; peer < options_.peers.size(); ++peer) {
    const Peer& one = options_.peers[peer];
    if (!one.push.empty()) pushes_.push_back(std::make_unique<Push>(one, bindings_, store, log, metrics));
    if (one.url.empty() || routes_.candidates(peer).empty()) continue;
    auto pull = std::make_unique<Pull>(Pull::House{options_, routes_, bindings_, store, log, metrics, denied, admits, taken}, peer);
    const std::lock_guard lock(mutex_);
    pulls_.push_back(std::move(pull));
  }
}

Federation::~Federation() {
  stop();
  // Threads that end may still reach the list.
  for (const auto& pull : pulls_) pull->join();
}

void Federation::stop() {
  routes_.stop();
  look_again();
  for (const auto& push : pushes_) push->stop();
}

std::optional<Standing> Federation::standing(std::string_view feed) const {
  auto pulled = routes_.standing(feed);
  if (pulled && promoted_here(store_, feed)) return Standing{Standing::State::origin, "this node", {}, pulled->since};
  if (!pulled || pulled->state == Standing::State::following) return pulled;
  auto brought = reception_.standing(feed);
  return brought ? brought : pulled;
}

std::vector<PeerReport> Federation::links() const {
  std::vector<PeerReport> out;
  for (const Peer& one : options_.peers) {
    out.emplace_back().name = one.name;
    out.back().url = shown(one.url);
  }
  for (const auto& push : pushes_) {
    const auto at = std::ranges::find(out, push->peer(), &PeerReport::name);
    at->push = push->link();
    at->reached = push->reached();
  }
  for (const FollowedFeed& feed : options_.feeds) {
    const auto brought = reception_.standing(feed.name);
    if (!brought) continue;
    const auto at = std::ranges::find(out, brought->peer, &PeerReport::name);
    if (at != out.end()) at->brings.emplace_back(feed.name, *brought);
  }
  const std::lock_guard lock(mutex_);
  for (const auto& pull : pulls_) {
    PeerReport& one = out[pull->number()];
    one.pull = pull->link();
    one.bytes = pull->bytes();
    one.there = routes_.there(pull->number());
  }
  return out;
}

void Federation::look_again() {
  const std::lock_guard lock(mutex_);
  for (const auto& pull : pulls_) pull->look_again();
}

}  // namespace meshgate::federation
