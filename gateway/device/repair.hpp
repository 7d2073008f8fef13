#pragma once

#include <string>

#include "gateway/device/mirror_file.hpp"
#include "gateway/net/http_client.hpp"

namespace meshgate::device {

/// Makes what the file holds of a partition what a node has, by POST /reconcile: only what differs travels, and it is applied at once or not at all.
/// Code::unsupported: it is to be read from 0 instead. Code::cancelled: `goes_on` said so. Blocks, also while another partition of the file is compared.
Result<Applied> repair(net::HttpClient& client, const std::string& node, MirrorFile& file, Place& place, const GoesOn& goes_on);

}  // namespace meshgate::device
