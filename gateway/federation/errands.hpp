#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/federation/options.hpp"
#include "gateway/net/http_client.hpp"

namespace meshgate::federation {

/// Asks a peer on behalf of people who have come to this node. Nothing of it is kept or logged. Thread safe.
class Errands {
 public:
  explicit Errands(const Peer& peer);

  /// Code::retry: the peer cannot be reached. Blocks.
  Result<net::HttpClient::Answer> ask(std::string_view method, std::string_view path, std::string_view body, const net::Fields& fields);

 private:
  std::unique_ptr<net::HttpClient> client();

  const std::string name_;
  const std::string url_;
  const net::ClientOptions options_;
  std::mutex mutex_;                                   ///< of idle_
  std::vector<std::unique_ptr<net::HttpClient>> idle_;  ///< whose connections are kept
};

}  // namespace meshgate::federation
