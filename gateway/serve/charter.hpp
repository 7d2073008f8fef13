#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "gateway/access/access.hpp"
#include "gateway/access/charter.hpp"
#include "gateway/access/sign_in.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/net/server.hpp"

namespace meshgate::serve {

/// Tells nodes that follow this one on what terms they are given its feeds, and whose tokens it takes: GET /peers/charter. Outlives every server that has its route.
struct CharterDesk {
  void add_routes(net::Router& router);
  /// What is told may have changed: whoever waits looks again. Any thread; never blocks for long.
  void ring() { bell.ring(); }

  const access::SignIn& sign_in;
  std::shared_ptr<const access::Access> access;
  base::BlockingPool& pool;
  /// Of the feeds that `given` names; blocks.
  std::function<access::Statement(const std::function<bool(std::string_view)>& given)> statement;
  net::Bell bell{};
};

}  // namespace meshgate::serve
