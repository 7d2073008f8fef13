#include "gateway/publish/options.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>

namespace meshgate::publish {

namespace {

using config::Form;
using config::Key;
using config::Node;

constexpr std::array kKeys = {
    Key{.name = "source", .form = Form::text, .help = "The source whose connection leads there.", .required = true},
};

const Place* place_of(const Node& publish, std::span<const Place> places, config::Diagnostics& out) {
  const Node wanted = publish["source"];
  if (!wanted.present()) {
    out.add(publish.place(), "missing key 'source'", "name one of those under `sources:`, as in publish: { source: bus, topic: mesh.orders }");
    return nullptr;
  }
  const auto found = std::ranges::find(places, wanted.scalar(), &Place::name);
  if (found != places.end()) return &*found;
  std::vector<std::string_view> names;
  for (const Place& place : places) names.push_back(place.name);
  const auto near = config::nearest(wanted.scalar(), names);
  out.add(wanted.place(), "there is no source '" + wanted.scalar() + "'", near.empty() ? "name one of those under `sources:`" : "did you mean '" + std::string(near) + "'?");
  return nullptr;
}

/// The name of what is written.
std::string target_of(const plugins::Plugin& plugin, const plugins::Settings& settings) {
  const auto found = std::ranges::find(settings, plugin.writer_options()->stream_name, &plugins::Setting::name);
  return found == settings.end() ? std::string() : found->value;
}

/// Whether the feed reads what it would write. A name that is read may be a pattern.
bool reads(const Node& from, const Publication& publication) {
  if (from["source"].scalar() != publication.source) return false;
  const Node streams = from[publication.plugin.stream_options().stream_name];
  const auto matches = [&](const Node& one) { return ::fnmatch(one.scalar().c_str(), publication.target.c_str(), 0) == 0; };
  if (streams.kind() != Node::Kind::sequence) return streams.present() && matches(streams);
  return std::ranges::any_of(streams.elements(), matches);
}

std::optional<Publication> read_publication(const Node::Entry& feed, std::span<const Place> places, config::Secrets& secrets, config::Diagnostics& out) {
  const Node publish = feed.value["publish"];
  if (publish.kind() != Node::Kind::mapping) {
    out.add(publish.place(), "`publish` says where the feed is written", "write it as publish: { source: bus, topic: mesh.orders }");
    return std::nullopt;
  }
  const Node from = feed.value["from"];
  if (from["peer"].present()) {
    out.add(publish.place(), "feed '" + feed.key + "' follows a peer, and a feed is published at its origin", "take `publish` away here");
    return std::nullopt;
  }
  if (from["tables"].present()) {
    out.add(publish.place(), "an entry with `tables` stands for many feeds, which cannot share one target", "give the feed an entry of its own");
    return std::nullopt;
  }
  const Place* place = place_of(publish, places, out);
  if (place == nullptr || !place->plugin) return std::nullopt;
  if (!place->plugin->writer_options()) {
    out.add(publish.place(), "source '" + place->name + "' cannot be written to: connector '" + std::string(place->plugin->name()) + "' only reads", "name a source of Kafka");
    return std::nullopt;
  }
  Publication made{feed.key, place->name, {}, *place->plugin, place->connection, plugins::read_settings(publish, *place->plugin->writer_options(), kKeys, secrets, out)};
  made.target = target_of(made.plugin, made.settings);
  if (reads(from, made)) {
    out.add(publish.place(), "feed '" + feed.key + "' would read what it publishes to '" + made.target + "'", "publish it somewhere else");
    return std::nullopt;
  }
  return made;
}

}  // namespace

std::vector<Publication> read_publications(const Node& feeds, std::span<const Place> places, config::Secrets& secrets, config::Diagnostics& out) {
  std::vector<Publication> all;
  for (const auto& entry : feeds.entries()) {
    const Node publish = entry.value["publish"];
    if (!publish.present()) continue;
    auto one = read_publication(entry, places, secrets, out);
    if (!one) continue;
    const auto same = std::ranges::find_if(all, [&](const Publication& other) { return other.source == one->source && other.target == one->target; });
    if (same != all.end()) out.add(publish.place(), "feeds '" + same->feed + "' and '" + one->feed + "' would both write '" + one->target + "'", "give each feed a target of its own");
    all.push_back(std::move(*one));
  }
  return all;
}

}  // namespace meshgate::publish
