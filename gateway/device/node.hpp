#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/net/http_client.hpp"
#include "mesh/bits128.hpp"
#include "mesh/ids.hpp"
#include "mesh/offered_feed.hpp"
#include "mesh/result.hpp"

namespace meshgate::device {

/// The parts of a partition that a node offers to begin with: see HTTP.md. They follow each other from 0 on.
struct OfferedRanges {
  struct Range {
    Seq after{0};
    Seq to{0};
    Seq at{0};
  };
  Epoch epoch;
  std::vector<Range> ranges;
};

/// An Error, and how long the node asks to be left alone.
struct Refusal {
  Error error;
  std::chrono::seconds wait{0};
  bool denied = false;  ///< the node itself says that this reader may not read it: what is held of it is to be dropped
};

/// "PLACE: the node answered 401 (what it says)".
Error answered(const net::HttpClient::Answer& answer, const std::string& place);
/// What an answer other than 2xx means to who reads feeds, in a sentence that names the place.
Refusal refusal(const net::HttpClient::Answer& answer, const std::string& place);

/// A list of ranges; corrupt when it is none.
Result<OfferedRanges> parse_ranges(std::string_view body);

/// By which rights an answer shows what it does; empty: it does not say.
std::string rights_of(const net::HttpClient::Answer& answer);

/// Asks a node over HTTP, and for `rights`, by which it answers. Blocks.
Result<std::vector<OfferedFeed>> ask_feeds(net::HttpClient& client, const std::string& node, std::string& rights);
Result<OfferedFeed> ask_feed(net::HttpClient& client, const std::string& node, std::string_view feed, std::string& rights);
/// Whether the node says of a partition that it does not offer that this reader may not read it any more. The uid shows that it once did.
Result<bool> ask_denied(net::HttpClient& client, const std::string& node, std::string_view feed, std::string_view uid,
                        const std::optional<std::string>& partition);
/// No ranges from a node that knows none. `partition`: of a divided feed.
Result<OfferedRanges> ask_ranges(net::HttpClient& client, const std::string& node, std::string_view feed,
                                 const std::optional<std::string>& partition);

}  // namespace meshgate::device
