#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/access/identity.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/net/server.hpp"
#include "gateway/store/origin.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::federation {

/// What a node says of a feed's origin: {"uid":"…","term":1,"epoch":"…","key":"ed25519:…","signature":"…"}. The last two are the origin's own; an older one has none.
struct StatedClaim {
  std::string uid;
  store::Claim claim;
  access::Seal seal{};
};
std::string claim_text(const StatedClaim& stated);
/// Nothing where there is none.
std::optional<StatedClaim> parse_claim(std::string_view body);
/// The seal alone: {"key":"…","signature":"…"}; nothing where it is none.
std::string seal_text(const access::Seal& seal);
std::optional<access::Seal> parse_seal(std::string_view body);

/// Asks a peer for its claim and seal; one that knows none has none. Blocks.
Result<StatedClaim> ask_claim(net::HttpClient& client, const std::string& url, const std::string& feed);
/// Tells a peer that is not up to date, which then steps down if it believes this node; gives what it says that is newer. Blocks.
Result<std::optional<StatedClaim>> tell_claim(net::HttpClient& client, const std::string& url, const std::string& feed, const StatedClaim& stated);
/// Whether a copy was made the origin here, whatever the configuration says of it.
bool promoted_here(store::Store& store, std::string_view feed);
/// What this node knows of a feed that it has; without a seal.
StatedClaim own_claim(const store::Feed& feed);
/// The feed of that name, where there is one. Blocks.
std::shared_ptr<store::Feed> known(store::Store& store, const std::string& name);

class Bindings;

/// Takes claims from peers whose certificates have a subject that the configuration names. Must outlive the server that has its route. Thread safe.
class ClaimDesk {
 public:
  ClaimDesk(const Options& options, Bindings& bindings, store::Store& store, base::BlockingPool& pool, base::Log& log)
      : options_(options), bindings_(bindings), store_(store), pool_(pool), log_(log) {}
  void add_routes(net::Router& router);

 private:
  net::Response take(const net::Request& request);
  net::Response tell_seal(const net::Request& request);
  [[nodiscard]] const Peer* named(const net::Request& request) const;

  const Options& options_;
  Bindings& bindings_;
  store::Store& store_;
  base::BlockingPool& pool_;
  base::Log& log_;
};

}  // namespace meshgate::federation
