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
  std::mutex mutex_;  ///< of pulls_, which routes_ may reach while they are made
  std::vector<std::unique_ptr<Pull>> pulls_;
  Reception reception_;
  ClaimDesk claims_;
  std::vector<std::unique_ptr<Push>> pushes_;
};

/// The word for a state in the API and in metrics.
std::string_view word(Standing::State state);

}  // namespace meshgate::federation
