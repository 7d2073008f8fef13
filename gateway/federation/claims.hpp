#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/net/server.hpp"
#include "gateway/store/origin.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::federation {

/// What a node says of a feed's origin: {"uid":"…","term":1,"epoch":"…"}.
struct StatedClaim {
  std::string uid;
  store::Claim claim;
};
std::string claim_text(const StatedClaim& stated);
/// Nothing where there is none.
std::optional<StatedClaim> parse_claim(std::string_view body);

/// What a peer says of a feed is met before anything of it is taken: Code::conflict where the peer's origin is not the newest, or this node is the origin by
/// promotion. A feed that had its origin here and has a newer one becomes a copy. Nothing where there is no such feed here yet. Blocks.
Status meet_peer(store::Store& store, const std::string& feed, const StatedClaim& stated);
/// Asks a peer for its claim; one that knows none has none. Blocks.
Result<StatedClaim> ask_claim(net::HttpClient& client, const std::string& url, const std::string& feed);
/// Tells a peer that is not up to date, which then steps down if it believes this node; gives what it says that is newer. Blocks.
Result<std::optional<StatedClaim>> tell_claim(net::HttpClient& client, const std::string& url, const std::string& feed, const StatedClaim& stated);
/// Whether a copy was made the origin here, whatever the configuration says of it.
bool promoted_here(store::Store& store, std::string_view feed);
/// What this node says of a feed that it has.
StatedClaim own_claim(const store::Feed& feed);

/// Takes claims from peers whose certificates have a subject that the configuration names. Must outlive the server that has its route. Thread safe.
class ClaimDesk {
 public:
  ClaimDesk(const Options& options, store::Store& store, base::BlockingPool& pool, base::Log& log) : options_(options), store_(store), pool_(pool), log_(log) {}
  void add_routes(net::Router& router);

 private:
  net::Response take(const net::Request& request);
  [[nodiscard]] const Peer* named(const net::Request& request) const;

  const Options& options_;
  store::Store& store_;
  base::BlockingPool& pool_;
  base::Log& log_;
};

}  // namespace meshgate::federation
