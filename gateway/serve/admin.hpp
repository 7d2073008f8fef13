#pragma once

#include <string>

#include "gateway/net/server.hpp"
#include "gateway/serve/context.hpp"

namespace meshgate::serve {

/// Makes the answer of an administration route; on the blocking pool.
using Make = net::Response (*)(Context&, const net::Request&);

/// Adds a route that only the administration socket has. What changes something (POST, DELETE) leaves a line in the log, of its own room "audit".
void administer(Context& context, net::Router& router, std::string method, std::string pattern, Make make);

/// `{"done":true}`, or what is wrong.
net::Response done(const net::Request& request, const Status& status);

/// The route that says who may read what, and why.
void add_explain(Context& context, net::Router& router);

/// The quarantine's routes: list, drop, replay.
void add_quarantine(Context& context, net::Router& router);

}  // namespace meshgate::serve
