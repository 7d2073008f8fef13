#include "gateway/serve/mesh.hpp"

#include <algorithm>

#include "gateway/serve/admin.hpp"
#include "gateway/serve/answers.hpp"
#include "gateway/serve/describe.hpp"
#include "gateway/serve/followers.hpp"
#include "gateway/serve/parameters.hpp"
#include "mesh/value.hpp"

namespace meshgate::serve {

namespace {

constexpr std::size_t kMostPartitions = 100;  ///< of a feed, that are named

/// An object or a list that is being written: what comes next has a comma in front where it needs one.
void next(std::string& out) {
  if (out.back() != '{' && out.back() != '[') out += ',';
}

void text(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  next(out);
  append_member(out, name, value);
}

void count(std::string& out, std::string_view name, std::uint64_t value) {
  next(out);
  out.append("\"").append(name).append("\":").append(std::to_string(value));
}

void instant(std::string& out, std::string_view name, Micros at) {
  if (at.count != 0) text(out, name, utc_text(at));
}

void flag(std::string& out, std::string_view name, bool value) {
  next(out);
  out.append("\"").append(name).append(value ? "\":true" : "\":false");
}

template <class List, class Append>
void list(std::string& out, std::string_view name, const List& all, Append append) {
  next(out);
  out.append("\"").append(name).append("\":[");
  for (const auto& one : all) {
    next(out);
    append(out, one);
  }
  out += ']';
}

void append_lag(std::string& out, std::uint64_t items, double seconds) {
  next(out);
  out.append("\"lag\":{\"items\":").append(std::to_string(items)).append(",\"seconds\":").append(std::to_string(static_cast<std::uint64_t>(seconds))).append("}");
}

void append_there(std::string& out, const MeshFeed& one) {
  out += '{';
  text(out, "feed", one.feed);
  text(out, "state", one.state);
  text(out, "error", one.error);
  if (!one.epoch.empty()) {
    text(out, "epoch", one.epoch);
    count(out, "seq", one.seq);
    append_lag(out, one.behind_items, one.behind_seconds);
  }
  instant(out, "as_of", one.as_of);
  instant(out, "told", one.told);
  if (!one.from.empty()) {
    next(out);
    out += "\"from\":{";
    text(out, "name", one.from);
    text(out, "state", one.from_state);
    out += '}';
  }
  out += '}';
}

void append_link(std::string& out, const MeshLink& one) {
  out += '{';
  text(out, "direction", one.direction);
  text(out, "state", one.state);
  text(out, "error", one.error);
  instant(out, "since", one.since);
  instant(out, "last", one.last);
  if (one.connections > 0) count(out, "connections", one.connections);
  text(out, "protocol", one.protocol);
  if (one.bytes) count(out, "bytes", *one.bytes);
  list(out, "feeds", one.feeds, append_there);
  out += '}';
}

void append_peer(std::string& out, const MeshPeer& one) {
  out += '{';
  text(out, "name", one.name);
  text(out, "url", one.url);
  list(out, "links", one.links, append_link);
  out += '}';
}

void append_follower(std::string& out, const std::shared_ptr<const Follower>& one) {
  out += '{';
  text(out, "node", one->node);
  text(out, "subject", one->subject);
  flag(out, "connected", one->here);
  instant(out, "since", one->since);
  instant(out, "last", Micros{one->last});
  count(out, "questions", one->questions);
  list(out, "feeds", one->feeds, [](std::string& into, const auto& named) {
    const auto& [name, feed] = named;
    into += '{';
    text(into, "feed", name);
    if (!feed.partitions.empty()) list(into, "partitions", feed.partitions, [](std::string& to, const std::string& partition) { append_json_string(to, partition); });
    count(into, "asked", number(feed.asked));
    count(into, "sent", std::max(feed.sent.load(), number(feed.asked)));
    into += '}';
  });
  out += '}';
}

/// How far this node is behind the one of its peers that is furthest.
struct Lag {
  bool known = false;
  std::uint64_t items = 0;
  double seconds = 0;
};

/// The peer that a feed comes from, by what is known of all that could give it.
struct Way {
  std::string peer;
  Lag lag;
};

Way way_of(const store::FeedState& state, std::uint64_t seq, const std::vector<MeshPeer>& peers) {
  Way out;
  for (const MeshPeer& peer : peers) {
    for (const MeshLink& link : peer.links) {
      if (link.direction == "push") continue;
      for (const MeshFeed& one : link.feeds) {
        if (one.feed != state.name) continue;
        if (out.peer.empty() || one.state == "followed") out.peer = peer.name;
        if (one.epoch.empty()) continue;
        out.lag.known = true;
        if (one.epoch == state.epoch.bits.hex() && one.seq > seq) out.lag.items = std::max(out.lag.items, one.seq - seq);
        if (state.as_of.count != 0) out.lag.seconds = std::max(out.lag.seconds, static_cast<double>(one.as_of.count - state.as_of.count) / 1e6);
      }
    }
  }
  return out;
}

void append_held(std::string& out, const store::FeedState& state, const std::optional<SourceState>& source, const std::vector<MeshPeer>& peers) {
  std::uint64_t seq = 0;
  for (const auto& one : state.partitions) seq = std::max(seq, number(one.standing.head));
  const Way way = way_of(state, seq, peers);
  out += '{';
  text(out, "feed", state.name);
  text(out, "uid", state.uid.bits.hex());
  text(out, "epoch", state.epoch.bits.hex());
  count(out, "seq", seq);
  count(out, "count", state.count);
  flag(out, "loading", state.loading);
  instant(out, "as_of", state.as_of);
  text(out, "peer", way.peer);
  if (source) {
    if (way.peer.empty()) text(out, "source", source->source);
    text(out, "state", source->state);
    text(out, "error", source->error);
  }
  if (way.lag.known) append_lag(out, way.lag.items, way.lag.seconds);
  if (state.divided) {
    std::vector<std::string> names;
    for (const auto& one : state.partitions) names.push_back(one.name);
    names.resize(std::min(names.size(), kMostPartitions));
    list(out, "partitions", names, [](std::string& to, const std::string& partition) { append_json_string(to, partition); });
    count(out, "partition_count", state.partitions.size());
  }
  out += '}';
}

net::Response mesh(Context& context, const Visit& visit, const Followers& followers, const OtherNodes& others) {
  if (auto good = check_parameters(visit.request, {}); !good) return failure(visit.request, good.error());
  const auto& services = context.services;
  const auto peers = others.peers();
  std::string body = "{";
  text(body, "node", services.node);
  text(body, "version", services.version);
  instant(body, "at", now());
  std::vector<store::FeedState> feeds;
  for (const auto& name : services.store.names()) {
    const auto one = context.feeds.find(name);
    if (!one) return failure(visit.request, one.error());
    feeds.push_back((*one)->feed->state());
  }
  list(body, "feeds", feeds, [&](std::string& out, const store::FeedState& one) { append_held(out, one, services.sources.of(one.name), peers); });
  list(body, "peers", peers, append_peer);
  list(body, "followers", followers.all(), append_follower);
  list(body, "nodes", others.seen(), append_node);
  return json(body + "}\n");
}

}  // namespace

void add_mesh(Context& context, net::Router& router, const Followers& followers, OtherNodes others) {
  auto make = [&followers, others = std::move(others)](Context& all, const Visit& visit) { return mesh(all, visit, followers, others); };
  administer(context, router, access::Role::viewer, Office::look, "GET", "/mesh", std::move(make));
}

}  // namespace meshgate::serve
