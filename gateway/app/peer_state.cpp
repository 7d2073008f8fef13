#include "gateway/app/peer_state.hpp"

#include <algorithm>
#include <utility>

namespace meshgate::app {

namespace {

serve::MeshLink link_of(std::string direction, const federation::LinkState& state) {
  serve::MeshLink out;
  out.direction = std::move(direction);
  out.state = federation::word(state.state);
  out.error = state.error;
  out.protocol = state.protocol;
  out.since = state.since;
  out.last = state.last;
  out.connections = state.connections;
  return out;
}

serve::MeshFeed feed_of(const federation::FeedThere& there) {
  serve::MeshFeed out;
  out.feed = there.feed;
  out.state = federation::word(there.state);
  out.error = there.error;
  out.told = there.told_at;
  out.from = there.from;
  out.from_state = there.from_state;
  if (!there.told || there.told->epoch.bits.zero()) return out;
  out.epoch = there.told->epoch.bits.hex();
  out.seq = number(there.told->seq);
  out.as_of = there.told->as_of;
  out.behind_items = there.behind.items;
  out.behind_seconds = static_cast<double>(there.behind.age.count()) / 1e6;
  return out;
}

serve::MeshFeed feed_of(const federation::Push::Reached& reached) {
  serve::MeshFeed out;
  out.feed = reached.feed;
  out.state = reached.error.empty() ? "brought" : "failing";
  out.error = reached.error;
  if (reached.epoch.bits.zero()) return out;
  out.epoch = reached.epoch.bits.hex();
  out.seq = number(reached.seq);
  return out;
}

/// Feeds that a peer brings here: it dials, so what is known of the line is when it came last.
serve::MeshLink brought_by(const std::vector<std::pair<std::string, federation::Standing>>& brings) {
  serve::MeshLink out;
  out.direction = "brought";
  out.state = "connected";
  for (const auto& [name, standing] : brings) {
    auto& feed = out.feeds.emplace_back();
    feed.feed = name;
    feed.state = federation::word(standing.state);
    feed.error = standing.error;
    out.last = std::max(out.last, standing.last);
    if (out.since.count == 0 || standing.since < out.since) out.since = standing.since;
    if (standing.state != federation::Standing::State::failing) continue;
    out.state = feed.state;
    out.error = standing.error;
  }
  return out;
}

}  // namespace

serve::MeshPeer peer_of(const federation::PeerReport& report) {
  serve::MeshPeer out{report.name, report.url, {}};
  if (report.pull) {
    auto& link = out.links.emplace_back(link_of("pull", *report.pull));
    link.bytes = report.bytes;
    for (const auto& one : report.there) link.feeds.push_back(feed_of(one));
  }
  if (report.push) {
    auto& link = out.links.emplace_back(link_of("push", *report.push));
    for (const auto& one : report.reached) link.feeds.push_back(feed_of(one));
  }
  if (!report.brings.empty()) out.links.push_back(brought_by(report.brings));
  return out;
}

federation::SeenFollower seen_follower(const serve::Follower& follower) {
  federation::SeenFollower out{follower.subject, {}};
  out.node.node = follower.node;
  out.node.age = std::chrono::seconds(std::max<std::int64_t>(0, now().count - follower.last) / 1000000);
  for (const auto& [name, feed] : follower.feeds) {
    auto& one = out.node.feeds.emplace_back();
    one.feed = name;
    one.state = follower.here ? "following" : "gone";
    one.partitions.assign(feed.partitions.begin(), feed.partitions.begin() + static_cast<std::ptrdiff_t>(std::min(feed.partitions.size(), SeenFeed::kMostPartitions)));
    one.seq = std::max(feed.sent.load(), number(feed.asked));
  }
  return out;
}

serve::SourceState state_of(const federation::Standing& standing) {
  serve::SourceState out;
  out.source = standing.peer;
  out.state = federation::word(standing.state);
  out.since = standing.since;
  out.error = standing.error;
  out.failing = standing.state == federation::Standing::State::failing;
  return out;
}

}  // namespace meshgate::app
