#include "gateway/app/device_following.hpp"

#include <algorithm>

#include "gateway/device/node.hpp"

namespace meshgate::app {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstWait{250};
constexpr milliseconds kLongestWait{10000};  ///< between two looks while no upstream answers
constexpr milliseconds kLookAgain{30000};
constexpr const char* kAccept = "meshgate device accept";

}  // namespace

std::string upstream_name(std::string_view url) {
  const auto scheme = url.find("://");
  return std::string(scheme == std::string_view::npos ? url : url.substr(scheme + 3));
}

DeviceFollowing::DeviceFollowing(House house, std::vector<Upstream> upstreams, std::vector<std::string> feeds)
    : house_(std::move(house)), upstreams_(std::move(upstreams)), feeds_(std::move(feeds)) {
  for (const Upstream& one : upstreams_) clients_.push_back(std::make_unique<net::HttpClient>(one.client));
}

DeviceFollowing::~DeviceFollowing() { stop(); }

void DeviceFollowing::start() {
  started_ = true;
  follow(held());
  thread_ = std::thread([this] { run(); });
}

void DeviceFollowing::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (const auto& client : clients_) client->cancel();
  for (const Upstream& one : upstreams_) {
    if (one.authorization) one.authorization->cancel();
  }
  if (thread_.joinable()) thread_.join();
  follow({});
}

std::optional<federation::Standing> DeviceFollowing::standing(std::string_view feed) const {
  const std::lock_guard lock(mutex_);
  return federation_ ? federation_->standing(feed) : std::nullopt;
}

std::optional<std::string> DeviceFollowing::signed_out() const {
  for (const Upstream& one : upstreams_) {
    if (auto said = one.authorization ? one.authorization->ended() : std::nullopt) return said;
  }
  return std::nullopt;
}

bool DeviceFollowing::wanted(std::string_view feed) const { return feeds_.empty() || std::find(feeds_.begin(), feeds_.end(), feed) != feeds_.end(); }

/// Nothing of it is held, because nothing of it may be read.
bool DeviceFollowing::is_lost(std::string_view feed) const {
  static const access::Principal kSomebody{.user = "device", .device = {}, .node = {}};
  return house_.access.sight(kSomebody, feed) == access::Sight::denied;
}

std::vector<std::string> DeviceFollowing::held() const {
  auto out = house_.store.names();
  std::erase_if(out, [&](const std::string& one) { return !wanted(one); });
  return out;
}

void DeviceFollowing::follow(std::vector<std::string> feeds) {
  std::sort(feeds.begin(), feeds.end());
  if (feeds == followed_) return;
  followed_ = feeds;
  std::unique_ptr<federation::Federation> before;
  {
    const std::lock_guard lock(mutex_);
    before = std::move(federation_);
  }
  // Its threads may still tell what was lost.
  before.reset();
  if (feeds.empty()) return;
  federation::Options options;
  options.folder = house_.folder;
  options.accept = kAccept;
  options.node = house_.name;
  for (const Upstream& one : upstreams_) options.peers.push_back({.name = upstream_name(one.url), .url = one.url, .client = one.client, .push = {}, .subject = {}});
  std::vector<std::size_t> all(upstreams_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  for (auto& feed : feeds) options.feeds.push_back({std::move(feed), all, {}});
  const auto denied = [this](const std::string& feed, const std::optional<std::string>& partition) { partition ? lose(feed, partition) : look_soon(); };
  const auto admits = [this](const OfferedFeed& offered, const std::string& partition) { return house_.access.admits(offered, partition); };
  auto after = std::make_unique<federation::Federation>(std::move(options), house_.store, house_.pool, house_.log, house_.metrics, denied, admits, house_.taken);
  const std::lock_guard lock(mutex_);
  federation_ = std::move(after);
}

void DeviceFollowing::lose(const std::string& feed, const std::optional<std::string>& partition) {
  const auto items = house_.access.lose(feed, partition);
  const std::string what = "feed " + feed + (partition && !partition->empty() ? " [" + *partition + "]" : std::string());
  if (items) {
    house_.log.warning("device", what + ": not allowed any more; its " + std::to_string(*items) + " items were removed");
  } else {
    house_.log.error("device", what + ": not allowed any more, and could not be removed whole: " + items.error().message);
  }
  look_soon();
}

void DeviceFollowing::look_soon() {
  {
    const std::lock_guard lock(mutex_);
    lost_ = true;
  }
  wake_.notify_all();
}

// ---- the asking thread ----

Result<std::vector<OfferedFeed>> DeviceFollowing::offered_by(std::size_t upstream) {
  net::HttpClient& client = *clients_[upstream];
  const std::string& url = upstreams_[upstream].url;
  std::string rights;
  if (feeds_.empty()) return device::ask_feeds(client, url, rights);
  const auto known = house_.store.names();
  std::vector<OfferedFeed> out;
  for (const std::string& name : feeds_) {
    auto feed = device::ask_feed(client, url, name, rights);
    if (feed) {
      out.push_back(std::move(*feed));
    } else if (feed.error().code != Code::not_found || std::find(known.begin(), known.end(), name) == known.end()) {
      return std::move(feed).error();
    }
  }
  return out;
}

/// No `partition`: nothing is shown of the feed at all, so that one of its partitions says it for all.
Status DeviceFollowing::drop_if_lost(std::size_t upstream, const store::FeedState& held, const std::optional<std::string>& partition) {
  const auto any = partition || held.partitions.empty() ? partition : std::optional(held.partitions.front().name);
  auto denied = device::ask_denied(*clients_[upstream], upstreams_[upstream].url, held.name, held.uid.bits.hex(), held.divided ? any : std::nullopt);
  if (!denied) return std::move(denied).error();
  if (*denied) lose(held.name, partition);
  return {};
}

/// What is not shown any more may have been lost, or may not be there at present: only the upstream's own word counts.
Status DeviceFollowing::drop_lost(std::size_t upstream, const std::vector<OfferedFeed>& offered) {
  for (const std::string& name : held()) {
    const auto feed = house_.store.feed(name);
    if (!feed) return feed.error();
    const auto state = (*feed)->state();
    const auto shown = std::find_if(offered.begin(), offered.end(), [&](const OfferedFeed& one) { return one.name == name; });
    if (shown != offered.end() && shown->uid != state.uid.bits.hex()) continue;
    const bool gone = state.partitions.empty() && is_lost(name);
    if (shown == offered.end() && gone) continue;
    if (shown == offered.end()) {
      if (auto done = drop_if_lost(upstream, state, std::nullopt); !done) return done;
      continue;
    }
    for (const auto& part : state.partitions) {
      if (std::any_of(shown->partitions.begin(), shown->partitions.end(), [&](const OfferedFeed::Part& one) { return one.name == part.name; })) continue;
      if (auto done = drop_if_lost(upstream, state, part.name); !done) return done;
    }
  }
  return {};
}

Status DeviceFollowing::look_at(std::size_t upstream) {
  auto offered = offered_by(upstream);
  if (!offered) return std::move(offered).error();
  if (auto done = drop_lost(upstream, *offered); !done) return done;
  if (!started_) return {};
  std::vector<std::string> names;
  for (const OfferedFeed& one : *offered) {
    const auto taken = [&](const OfferedFeed::Part& part) { return house_.access.admits(one, part.name); };
    if (one.partitions.empty() || std::ranges::any_of(one.partitions, taken)) names.push_back(one.name);
  }
  for (std::string& one : held()) {
    if (!is_lost(one) && std::find(names.begin(), names.end(), one) == names.end()) names.push_back(std::move(one));
  }
  follow(std::move(names));
  return {};
}

Status DeviceFollowing::look() {
  Status out = Error{Code::config, "no upstream to follow; give one with --upstream URL"};
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    auto looked = look_at(i);
    if (looked || looked.error().code == Code::cancelled) return looked;
    // The first one's fault is told: it is the preferred one.
    if (i == 0) out = std::move(looked);
  }
  return out;
}

void DeviceFollowing::say(const std::string& sentence) {
  const bool news = said_ != sentence;
  said_ = sentence;
  if (news && !sentence.empty()) house_.log.warning("device", sentence + "; trying again");
}

void DeviceFollowing::run() {
  base::Backoff backoff(kFirstWait, kLongestWait);
  milliseconds pause = kLookAgain;
  for (;;) {
    const auto looked = look();
    if (looked) backoff.succeeded();
    say(looked ? std::string() : looked.error().message);
    std::unique_lock lock(mutex_);
    // Who lost a right has often been given another: looks at once, and then at twice the pause each time.
    if (std::exchange(lost_, false)) pause = kFirstWait;
    wake_.wait_for(lock, looked ? pause : backoff.failed(), [this] { return stop_ || lost_; });
    if (stop_) return;
    pause = std::min(2 * pause, kLookAgain);
  }
}

}  // namespace meshgate::app
