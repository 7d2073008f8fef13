#include "gateway/federation/routes.hpp"

#include <algorithm>

namespace meshgate::federation {

namespace {

Choice::Time clock_now() { return std::chrono::steady_clock::now(); }

/// Of the partitions that are held here.
Told told_by(const OfferedFeed& offered, const FollowedFeed& wanted) {
  Told out{offered.epoch, Seq{0}, offered.as_of};
  for (const auto& one : offered.partitions) {
    const bool held = wanted.partitions.empty() || std::ranges::find(wanted.partitions, one.name) != wanted.partitions.end();
    if (held && one.cursor.epoch == out.epoch) out.seq = std::max(out.seq, one.cursor.seq);
  }
  return out;
}

/// "37 changes and 61 s"
std::string text_of(const Behind& behind) {
  std::string out;
  if (behind.items > 0) out = std::to_string(behind.items) + (behind.items == 1 ? " change" : " changes");
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(behind.age).count();
  if (seconds > 0) out.append(out.empty() ? "" : " and ").append(std::to_string(seconds)).append(" s");
  return out;
}

}  // namespace

Routes::Routes(const Options& options) : options_(options) {
  for (const FollowedFeed& one : options.feeds) {
    Feed feed{&one, Choice(one.peers.size(), options.lag), std::vector<Known>(one.peers.size()), std::vector<std::string>(one.peers.size()), {}};
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
    if (own && *own == feeds_[i].choice.chosen() && feeds_[i].choice.given(*own)) out.push_back(i);
  }
  return out;
}

std::string Routes::moved(const Feed& feed, std::size_t before) const {
  std::string out = "feed " + feed.options->name + " is followed from " + name(feed, feed.choice.chosen()) + " now";
  if (!feed.choice.given(before)) return out + ": " + name(feed, before) + " does not give it";
  if (feed.choice.lags(before)) return out + ": " + name(feed, before) + " is " + text_of(feed.choice.behind_others(before)) + " behind";
  return out + ": it is well again";
}

void Routes::tell(Feed& feed, std::size_t before, bool anew, std::unique_lock<std::mutex>& lock) {
  const std::size_t chosen = feed.choice.chosen();
  const bool moves = chosen != before;
  const bool doubted = feed.choice.doubtful(chosen, clock_now());
  if (moves || anew) ++version_;
  else if (!doubted) return;
  const std::string sentence = moves ? moved(feed, before) : std::string();
  if (moves) feed.standing.peer = name(feed, chosen);
  lock.unlock();
  changed_.notify_all();
  if (told_) told_(sentence);
}

void Routes::gives(std::size_t peer, std::size_t feed) {
  std::unique_lock lock(mutex_);
  Feed& one = feeds_[feed];
  const auto own = rank(one, peer);
  if (!own) return;
  const std::size_t before = one.choice.chosen();
  const bool given = one.choice.given(*own);
  one.choice.gives(*own, clock_now());
  one.known[*own].error.clear();
  tell(one, before, !given && one.choice.chosen() == *own, lock);
}

void Routes::fails(std::size_t peer, std::size_t feed, std::string why) {
  std::unique_lock lock(mutex_);
  Feed& one = feeds_[feed];
  const auto own = rank(one, peer);
  if (!own) return;
  const std::size_t before = one.choice.chosen();
  const bool given = one.choice.given(*own);
  one.choice.fails(*own, clock_now());
  one.known[*own].error = why;
  const bool lost = !one.choice.any_given();
  if (lost && one.standing.state != Standing::State::failing) one.standing.since = now();
  if (lost) one.standing.state = Standing::State::failing;
  if (lost || *own == before) one.standing.error = std::move(why);
  tell(one, before, given && *own == before, lock);
}

void Routes::tells(std::size_t peer, std::size_t feed, const OfferedFeed& offered) {
  std::unique_lock lock(mutex_);
  Feed& one = feeds_[feed];
  const auto own = rank(one, peer);
  if (!own) return;
  const std::size_t before = one.choice.chosen();
  one.known[*own] = {one.known[*own].error, now(), offered.from, offered.state};
  one.choice.tells(*own, told_by(offered, *one.options), clock_now());
  tell(one, before, false, lock);
}

bool Routes::lacks(std::size_t peer, std::size_t feed, std::string why) {
  const std::lock_guard lock(mutex_);
  Feed& one = feeds_[feed];
  const auto own = rank(one, peer);
  if (!own || one.lacking[*own] == why) return false;
  one.lacking[*own] = std::move(why);
  if (one.standing.state == Standing::State::following && *own == one.choice.chosen()) one.standing.error = one.lacking[*own];
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

void Routes::gave(std::size_t peer, std::size_t feed, const Told& told, bool all) {
  const std::lock_guard lock(mutex_);
  const auto own = rank(feeds_[feed], peer);
  if (!own) return;
  feeds_[feed].choice.gave(*own, told, all, clock_now());
  feeds_[feed].known[*own].told_at = now();
}

bool Routes::doubts(std::size_t peer) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(feeds_, [&](const Feed& one) {
    const auto own = rank(one, peer);
    return own && *own == one.choice.chosen() && one.choice.doubtful(*own, clock_now());
  });
}

std::optional<Standing> Routes::standing(std::string_view feed) const {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find_if(feeds_, [&](const Feed& one) { return one.options->name == feed; });
  return at == feeds_.end() ? std::nullopt : std::optional(at->standing);
}

std::vector<FeedThere> Routes::there(std::size_t peer) const {
  const std::lock_guard lock(mutex_);
  std::vector<FeedThere> out;
  for (const Feed& one : feeds_) {
    const auto own = rank(one, peer);
    if (!own) continue;
    const Known& known = one.known[*own];
    auto state = FeedThere::State::ready;
    if (!one.choice.given(*own)) state = FeedThere::State::failing;
    else if (one.choice.lags(*own)) state = FeedThere::State::lagging;
    else if (*own == one.choice.chosen()) state = FeedThere::State::followed;
    out.push_back({one.options->name, state, known.error, one.choice.told(*own), one.choice.behind_others(*own), known.told_at, known.from, known.from_state});
  }
  return out;
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
