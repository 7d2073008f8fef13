#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/federation/bindings.hpp"
#include "gateway/federation/claims.hpp"
#include "gateway/federation/pull.hpp"
#include "gateway/federation/push.hpp"
#include "gateway/federation/reception.hpp"

namespace meshgate::federation {

/// A peer, as far as this node knows it.
struct PeerReport {
  std::string name;
  std::string url;                ///< without what it may have of a password; empty: it cannot be reached from here
  std::optional<LinkState> pull;  ///< feeds are followed from there
  std::uint64_t bytes = 0;        ///< of lines that came so, since the start
  std::vector<FeedThere> there;   ///< those feeds
  std::optional<LinkState> push;  ///< feeds are brought there
  std::vector<Push::Reached> reached;
  std::vector<std::pair<std::string, Standing>> brings;  ///< what it has brought here since the start
};

/// All that this node has from other nodes, and brings to them. Made after the store; its destructor stops and joins every thread.
class Federation {
 public:
  Federation(Options options, store::Store& store, base::BlockingPool& pool, base::Log& log, base::Metrics& metrics, const Pull::Denied& denied = {},
             const Pull::Admits& admits = {}, const Pull::Taken& taken = {});
  ~Federation();
  Federation(const Federation&) = delete;
  Federation& operator=(const Federation&) = delete;

  /// Tells every thread to stop; does not wait for it.
  void stop();
  /// How following a feed goes; nothing for a feed that does not come from a peer.
  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const;
  /// To whose keys its feeds are bound.
  [[nodiscard]] Bindings& bindings() { return bindings_; }
  /// All peers of the configuration, in its order.
  [[nodiscard]] std::vector<PeerReport> links() const;
  /// For peers that bring feeds. Before the server starts; must outlive it.
  void add_routes(net::Router& router) {
    reception_.add_routes(router);
    claims_.add_routes(router);
  }

 private:
  void look_again();

  const Options options_;
  store::Store& store_;
  Bindings bindings_;
  Routes routes_;
  mutable std::mutex mutex_;  ///< of pulls_, which routes_ may reach while they are made
  std::vector<std::unique_ptr<Pull>> pulls_;
  Reception reception_;
  ClaimDesk claims_;
  std::vector<std::unique_ptr<Push>> pushes_;
};

/// The words for states in the API.
std::string_view word(Standing::State state);
std::string_view word(LinkState::State state);
std::string_view word(FeedThere::State state);

}  // namespace meshgate::federation
