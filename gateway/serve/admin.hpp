#pragma once

#include <functional>
#include <string>

#include "gateway/net/server.hpp"
#include "gateway/serve/admission.hpp"

namespace meshgate::serve {

/// Makes the answer of an administration route; on the blocking pool.
using Make = std::function<net::Response(Context&, const Visit&)>;

/// What a route is for.
enum class Office : std::uint8_t {
  look,    ///< tells how the node does: only a refusal leaves a line in the log
  reveal,  ///< shows people or data
  act,     ///< changes something
};

/// Adds a route for those with a role, and for whoever comes over the administration socket. Who has none is told that there is nothing. Each act, and
/// each refusal of somebody who has a role, leaves a line in the log.
void administer(Context& context, net::Router& router, access::Role least, Office office, std::string method, std::string pattern, Make make);

/// `{"done":true}`, or what is wrong.
net::Response done(const net::Request& request, const Status& status);

/// The route that says who may read what, and why.
void add_explain(Context& context, net::Router& router);

/// The quarantine's routes: list, drop, replay.
void add_quarantine(Context& context, net::Router& router);

/// Everybody's devices: list, revoke.
void add_all_devices(Context& context, net::Router& router);

}  // namespace meshgate::serve
