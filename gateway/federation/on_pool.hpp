#pragma once

#include <functional>

#include "gateway/base/blocking.hpp"
#include "gateway/net/message.hpp"

namespace meshgate::federation {

/// A route's handler that makes its answer on the pool, where it may block; 503 where the pool is full. Both outlive the server that has the route.
net::Handler on_pool(base::BlockingPool& pool, std::function<net::Response(const net::Request&)> make);

}  // namespace meshgate::federation
