#pragma once

#include <string>

#include "gateway/net/http_client.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::federation {

/// What repairing a copy has cost.
struct Mended {
  std::size_t asked = 0;  ///< questions
  std::size_t alone = 0;  ///< entries of another epoch that only this node had
  std::string kept;       ///< the file with them
  std::size_t bytes = 0;  ///< of answers, not compressed
};

/// Makes the copy of a partition that is here what the node at `url` has, by POST /reconcile: only what differs travels. Nothing is changed when it fails.
/// What goes because the other node's order has another epoch is kept in a file in the folder `aside`. Code::unsupported: everything is to be read instead. Blocks.
Result<Mended> mend_from(net::HttpClient& client, const std::string& url, store::Feed& feed, const std::string& partition, const std::string& aside);

}  // namespace meshgate::federation
