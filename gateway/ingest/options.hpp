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
#include "gateway/ingest/keep.hpp"
#include "gateway/ingest/load_limits.hpp"
#include "gateway/ingest/patterns.hpp"
#include "gateway/plugins/plugin.hpp"
#include "gateway/plugins/settings.hpp"
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
  bool events = false;             ///< of_events()
  std::optional<store::Keep> keep; ///< only of events
  std::string chosen;  ///< for which family and stream it was made (feed_of()); empty: it has an entry of its own

  /// The rules kept with the feed: when they differ from the last run's, the source is mapped again. Settings that are only of pace are none.
  [[nodiscard]] std::string rules() const;
  /// The rules to keep where `stored` are: the same ones if nothing but pace differs. An earlier version kept that too.
  [[nodiscard]] std::string rules_after(const std::string& stored) const;
};

/// An entry that stands for a feed of each stream that its patterns choose.
struct FeedFamily {
  std::string name;
  config::Place place;
  Patterns patterns;
  std::string stream_name;  ///< the setting that takes a stream's name
  FeedOptions common;       ///< what goes for each; has neither a name nor a stream's
  std::vector<std::string> entries;  ///< names of feeds with an entry of their own, of all sources
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
  std::vector<FeedFamily> families;
};

/// The keys under `sources.<name>` and `feeds.<name>`; those of `connection` and `from` come from the plugin.
std::span<const config::Key> source_keys();
std::span<const config::Key> feed_keys();

/// What a feed or source can be called: letters, digits, '-', '_' and '.', at most 100, not '_' or '.' first.
bool good_feed_name(std::string_view name);
bool of_feed_name(char c);

/// Finds the plugin of a connector name; nothing and a diagnostic where there is none.
using FindPlugin = std::function<std::optional<Plugin>(const std::string& connector, const config::Place& place)>;

/// Reads `sources` and `feeds` of a configuration. Everything wrong goes to `out`; what a later version will do is refused with a sentence.
std::vector<SourceOptions> read_sources(const config::Node& sources, const config::Node& feeds, const FindPlugin& find, config::Secrets& secrets,
                                        config::Diagnostics& out);

}  // namespace meshgate::ingest
