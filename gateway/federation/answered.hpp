#pragma once

#include <string>

#include "gateway/net/http_client.hpp"
#include "mesh/result.hpp"

namespace meshgate::federation {

/// What an answer of a peer means that is not the one that was asked for.
Error refused(const net::HttpClient::Answer& answer);

/// What went wrong with a peer, for the log. A full disk is this node's own.
std::string blame(const std::string& peer, const Error& why);

/// Whether a node answered, and one that speaks as we do.
Status check_protocol(const net::HttpClient::Answer& answer);

}  // namespace meshgate::federation
