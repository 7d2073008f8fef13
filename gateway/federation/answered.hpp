#pragma once

#include "gateway/net/http_client.hpp"
#include "mesh/result.hpp"

namespace meshgate::federation {

/// What an answer of a peer means that is not the one that was asked for.
Error refused(const net::HttpClient::Answer& answer);

/// Whether a node answered, and one that speaks as we do.
Status check_protocol(const net::HttpClient::Answer& answer);

}  // namespace meshgate::federation
