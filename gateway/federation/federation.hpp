#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/federation/pull.hpp"

namespace meshgate::federation {

/// All that this node has from other nodes. Made after the store; its destructor stops and joins every thread.
class Federation {
 public:
  Federation(Options options, store::Store& store, base::Log& log, base::Metrics& metrics);
  ~Federation();
  Federation(const Federation&) = delete;
  Federation& operator=(const Federation&) = delete;

  /// Tells every thread to stop; does not wait for it.
  void stop();
  /// How following a feed goes; nothing for a feed that does not come from a peer.
  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const { return routes_.standing(feed); }

 private:
  void look_again();

  const Options options_;
  Routes routes_;
  std::mutex mutex_;  ///< of pulls_, which routes_ may reach while they are made
  std::vector<std::unique_ptr<Pull>> pulls_;
};

/// The word for a state in the API and in metrics.
std::string_view word(Standing::State state);

}  // namespace meshgate::federation
