#pragma once

#include <span>
#include <string>

#include "connectors/sdk/connector.hpp"

namespace meshgate::kafka {

/// What a writer's settings say.
struct Publication {
  std::string topic;
  std::string compression = "none";
};
std::span<const mg_option> writer_options();
sdk::Status read_publication(const sdk::Settings& settings, Publication& out);

}  // namespace meshgate::kafka
