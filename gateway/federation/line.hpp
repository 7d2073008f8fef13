#pragma once

#include <memory>
#include <optional>
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

  [[nodiscard]] bool is_open() const { return http_.is_open(); }
  /// Blocks until it has gone. After an error the line is closed, and of what was under way nothing is known.
  Status send(const Part& part, const Cursor& after, std::string_view page);
  /// What POST /peers/feeds/{feed}/changes would have answered to the first page that has no answer yet. Blocks; errors as of send().
  Result<net::HttpClient::Answer> answer();
  void cancel() { http_.cancel(); }

 private:
  /// Leaves a refusal where it is refused.
  Status open();

  const std::string url_;
  net::HttpLine http_;
  std::unique_ptr<net::Compressor> packer_;  ///< of the line that is open
  std::optional<net::HttpClient::Answer> refusal_;  ///< to the page for which one was to be opened
};

}  // namespace meshgate::federation
