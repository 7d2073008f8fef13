#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/keys.hpp"
#include "gateway/ingest/connection.hpp"
#include "gateway/ingest/guard.hpp"
#include "gateway/ingest/load_limits.hpp"
#include "gateway/ingest/plugin.hpp"
#include "mapping/mapping.hpp"

namespace meshgate::ingest {

/// One feed to fill: which stream of its source, mapped how.
struct FeedOptions {
  std::string name;
  config::Place place;
  Settings stream;
  std::vector<std::string_view> pace;  ///< settings of the stream that say only when something is read
  mapping::Definition definition;
  Guard guard;

  /// The rules kept with the feed: when they differ from the last run's, the source is mapped again. Settings that are only of pace are none.
  [[nodiscard]] std::string rules() const;
  /// The rules to keep where `stored` are: the same ones if nothing but pace differs. An earlier version kept that too.
  [[nodiscard]] std::string rules_after(const std::string& stored) const;
};

/// One source and the feeds that are read from it.
struct SourceOptions {
  std::string name;
  config::Place place;
  std::optional<Plugin> plugin;  ///< none only where the configuration is wrong
  Settings connection;
  std::chrono::milliseconds every{1000};
  LoadLimits limits;
  std::vector<FeedOptions> feeds;
};

/// The keys under `sources.<name>` and `feeds.<name>`; those of `connection` and `from` come from the plugin.
std::span<const config::Key> source_keys();
std::span<const config::Key> feed_keys();

/// Finds the plugin of a connector name; nothing and a diagnostic where there is none.
using FindPlugin = std::function<std::optional<Plugin>(const std::string& connector, const config::Place& place)>;

/// Reads `sources` and `feeds` of a configuration. Everything wrong goes to `out`; what a later version will do is refused with a sentence.
std::vector<SourceOptions> read_sources(const config::Node& sources, const config::Node& feeds, const FindPlugin& find, config::Secrets& secrets,
                                        config::Diagnostics& out);

}  // namespace meshgate::ingest
