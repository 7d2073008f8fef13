#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "config/keys.hpp"
#include "config/node.hpp"
#include "gateway/access/policy.hpp"
#include "gateway/access/sign_in_options.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/ingest/options.hpp"
#include "gateway/net/listening.hpp"
#include "gateway/publish/options.hpp"

namespace meshgate::app {

/// Everything a configuration file says, validated. `check` and `run` read it by the same code.
struct Configuration {
  std::string file;
  config::Node written;  ///< what stood in the file
  std::string name;
  std::string data;
  net::Listening listening;
  std::chrono::milliseconds keep_deletes{0};
  std::string log_level;
  std::chrono::milliseconds stale{0};  ///< what other nodes said longer ago of who may see what is not relied on
  std::uint64_t range_cache = 0;
  std::uint64_t range_size = 0;
  access::Policy policy;
  access::SignInOptions sign_in;
  std::vector<ingest::SourceOptions> sources;
  std::vector<publish::Publication> publications;
  federation::Options federation;
};

/// What reading a file gave: a configuration to use only if there are no errors, and the secrets met on the way.
struct Reading {
  Configuration configuration;
  config::Diagnostics diagnostics;
  std::shared_ptr<config::Secrets> secrets;
};

/// Reads and validates; loads the plugins that the sources name. Blocks.
Reading read_configuration(const std::string& file);

/// The folders that are searched for connectors, in order.
std::vector<std::string> connector_folders(const std::string& configured);

}  // namespace meshgate::app
