#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/access/access.hpp"
#include "gateway/access/identity.hpp"
#include "gateway/access/sign_in.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/net/server.hpp"

namespace meshgate::serve {

/// Tells who this node is: GET /peers/identity, to whoever asks. And to those who operate it, which other nodes it knows by which keys: GET /admin/peers,
/// POST /admin/peers/accept. Outlives every server that has its routes.
struct PeersDesk {
  /// What an administrator says: that a feed's origin, or a peer, has this key now. One of the two is empty.
  struct Acceptance {
    std::string feed;
    std::string peer;
    std::string key;  ///< 32 bytes
  };
  void add_routes(net::Router& router);

  const access::SignIn& sign_in;
  std::shared_ptr<const access::Access> access;
  base::BlockingPool& pool;
  base::Log& log;
  const access::Identity& identity;
  std::function<std::string()> state;                   ///< as JSON (HTTP.md); blocks
  std::function<Status(const Acceptance& said)> accept;  ///< blocks
};

}  // namespace meshgate::serve
