#pragma once

#include <string>

#include "gateway/access/device.hpp"
#include "gateway/access/sign_in.hpp"
#include "gateway/base/log.hpp"
#include "gateway/net/message.hpp"

namespace meshgate::serve {

/// Who asks, as the log names them: "ann (4f3a…)", "administrator (socket, uid 1000)", "node CN=till 7". `sign_in` knows names; may be null.
std::string name_of(const net::Request& request, const access::Principal& who, const access::SignIn* sign_in);
/// The person a device belongs to.
std::string name_of(const access::Device& device);

/// What a request does, and how it was answered. `what`: in other words than the request's own line.
base::Act act_of(const net::Request& request, std::string who, const net::Response& answer, std::string what = {});

}  // namespace meshgate::serve
