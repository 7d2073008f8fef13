#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/keys.hpp"
#include "gateway/plugins/plugin.hpp"
#include "gateway/plugins/settings.hpp"

namespace meshgate::publish {

/// A source of the configuration, which may also be written to.
struct Place {
  std::string name;
  std::optional<plugins::Plugin> plugin;  ///< none only where the configuration is wrong
  plugins::Settings connection;
};

/// A feed that is published, and where.
struct Publication {
  std::string feed;
  std::string source;
  std::string target;  ///< what is written there, as people call it: the topic
  plugins::Plugin plugin;
  plugins::Settings connection;
  plugins::Settings settings;  ///< of the writer
};

/// Reads `publish` of all feeds. What is wrong goes to `out`: a source that is not there or cannot be written to, a feed that would read what it
/// publishes, two feeds for one target, a feed whose origin is elsewhere.
std::vector<Publication> read_publications(const config::Node& feeds, std::span<const Place> places, config::Secrets& secrets, config::Diagnostics& out);

}  // namespace meshgate::publish
