#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/federation/options.hpp"
#include "gateway/federation/sync_cutter.hpp"
#include "gateway/net/compressor.hpp"
#include "gateway/net/http_line.hpp"
#include "mesh/cursor.hpp"

namespace meshgate::federation {

/// Brings pages to a peer in one stream, which stays open and is made anew where it broke: POST /peers/line. One thread, but for cancel().
class Line {
 public:
  explicit Line(const Peer& peer) : url_(peer.url + "/peers/line"), http_(peer.client) {}

  /// What POST /peers/feeds/{feed}/changes would have answered. Blocks.
  Result<net::HttpClient::Answer> bring(const Part& part, const Cursor& after, std::string_view page);
  void cancel() { http_.cancel(); }

 private:
  Result<net::HttpClient::Answer> turn(std::string_view batch);

  const std::string url_;
  net::HttpLine http_;
  std::unique_ptr<net::Compressor> packer_;  ///< of the line that is open
};

}  // namespace meshgate::federation
