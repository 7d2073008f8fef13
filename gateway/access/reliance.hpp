#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "config/keys.hpp"

namespace meshgate::access {

/// What this node needs of others to know who may see what.
struct Reliance {
  struct Feed {
    std::string name;
    std::vector<std::string> peers;  ///< those that say on what terms they give it; none: it is read as anybody may read it
  };
  std::vector<Feed> feeds;             ///< that are followed from peers
  std::string issuer;                  ///< the peer whose tokens are taken; empty: this node's own
  std::chrono::milliseconds stale{0};  ///< what was heard longer ago is not relied on

  [[nodiscard]] bool none() const { return feeds.empty() && issuer.empty(); }
};

/// What may stand under `node.access`.
std::span<const config::Key> reliance_keys();
std::chrono::milliseconds read_stale(const config::Section& access);

}  // namespace meshgate::access
