#include "gateway/federation/routes.hpp"

#include <algorithm>

namespace meshgate::federation {

Routes::Routes(const Options& options) : options_(options) {
  for (const FollowedFeed& one : options.feeds) {
    Feed feed{.options = &one, .given = std::vector<bool>(one.peers.size(), true)};
    feed.standing.since = now();
    if (!one.peers.empty()) feed.standing.peer = options.peers[one.peers.front()].name;
    feeds_.push_back(std::move(feed));
  }
}

std::optional<std::size_t> Routes::rank(const Feed& feed, std::size_t peer) {
  const auto at = std::ranges::find(feed.options->peers, peer);
  if (at == feed.options->peers.end()) return std::nullopt;
  return static_cast<std::size_t>(at - feed.options->peers.begin());
}

std::vector<std::size_t> Routes::candidates(std::size_t peer) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < feeds_.size(); ++i) {
    if (rank(feeds_[i], peer)) out.push_back(i);
  }
  return out;
}

std::vector<std::size_t> Routes::chosen(std::size_t peer) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < feeds_.size(); ++i) {
    const auto own = rank(feeds_[i], peer);
    if (own && *own == feeds_[i].chosen && feeds_[i].given[*own]) out.push_back(i);
  }
  return out;
}

/// The first that gives it. Where none does the choice stays, so that what is shown of it does not jump about.
void Routes::choose(Feed& feed, std::unique_lock<std::mutex>& lock) {
  const auto first = std::ranges::find(feed.given, true);
  if (first != feed.given.end()) {
    feed.chosen = static_cast<std::size_t>(first - feed.given.begin());
    feed.standing.peer = options_.peers[feed.options->peers[feed.chosen]].name;
  }
  ++version_;
  lock.unlock();
  changed_.notify_all();
  if (told_) told_();
}

void Routes::gives(std::size_t peer, std::size_t feed) {
  std::unique_lock lock(mutex_);
  Feed& one = feeds_[feed];
  const auto own = rank(one, peer);
  if (!own || one.given[*own]) return;
  one.given[*own] = true;
  if (*own <= one.chosen || !one.given[one.chosen]) choose(one, lock);
}

void Routes::fails(std::size_t peer, std::size_t feed, std::string why) {
  std::unique_lock lock(mutex_);
  Feed& one = feeds_[feed];
  const auto own = rank(one, peer);
  if (!own) return;
  const bool given = one.given[*own];
  one.given[*own] = false;
  const bool lost = std::ranges::none_of(one.given, [](bool is) { return is; });
  if (lost && one.standing.state != Standing::State::failing) one.standing.since = now();
  if (lost) one.standing.state = Standing::State::failing;
  if (lost || *own == one.chosen) one.standing.error = std::move(why);
  if (given && *own == one.chosen) choose(one, lock);
}

bool Routes::lacks(std::size_t peer, std::size_t feed, std::string why) {
  const std::lock_guard lock(mutex_);
  Feed& one = feeds_[feed];
  const auto own = rank(one, peer);
  if (!own || one.lacking[*own] == why) return false;
  one.lacking[*own] = std::move(why);
  if (one.standing.state == Standing::State::following && *own == one.chosen) one.standing.error = one.lacking[*own];
  return true;
}

void Routes::follows(std::size_t peer, std::size_t feed) {
  const std::lock_guard lock(mutex_);
  Feed& one = feeds_[feed];
  const auto own = rank(one, peer);
  if (!own) return;
  const bool going_on = one.standing.state == Standing::State::following;
  one.standing.peer = options_.peers[peer].name;
  if (!going_on || !one.lacking[*own].empty()) one.standing.error = one.lacking[*own];
  if (going_on) return;
  one.standing.state = Standing::State::following;
  one.standing.since = now();
}

std::optional<Standing> Routes::standing(std::string_view feed) const {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find_if(feeds_, [&](const Feed& one) { return one.options->name == feed; });
  return at == feeds_.end() ? std::nullopt : std::optional(at->standing);
}

std::uint64_t Routes::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

void Routes::wait(std::uint64_t version, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return stopped_ || version_ != version; });
}

void Routes::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool Routes::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

}  // namespace meshgate::federation
