#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/federation/binding_file.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::federation {

/// To whose key each feed with its origin elsewhere is bound, and by which key each peer is known; in one file, so that it outlives a restart. All that a peer says
/// of a feed's origin passes here before anything of the feed is taken. Thread safe; what gives a Status may block.
class Bindings {
 public:
  Bindings(const Options& options, store::Store& store, base::Log& log, base::Metrics& metrics);

  /// What a peer says of a feed's origin. At first it binds the feed, once it is held; a greater claim binds it anew, and is logged. Code::conflict: another
  /// key, or the peer's origin is not the newest. Code::corrupt: the key did not sign it.
  Status meet(const Peer& peer, const std::string& feed, const StatedClaim& stated);
  /// The same for a feed that is to be followed from the peer: what had its origin here and has a newer one becomes a copy. Code::conflict also where this
  /// node is the origin by promotion.
  Status admit(const Peer& peer, const std::string& feed, const StatedClaim& stated);
  /// What this node says of a feed that it has: with its own seal where it is the origin.
  [[nodiscard]] StatedClaim own(const store::Feed& feed) const;
  /// An operator says that a feed's origin has this key now.
  Status accept(const std::string& feed, std::string key);

  /// Who answers at the peer's address. Code::conflict: not the one that the configuration names. Another than before is logged, and told by changed().
  Status meet_node(net::HttpClient& client, const Peer& peer);
  /// An operator says that a peer has this key now.
  Status accept_node(const std::string& peer, const std::string& key);

  [[nodiscard]] std::optional<Binding> of_feed(std::string_view feed) const;
  [[nodiscard]] std::optional<KnownPeer> of_peer(std::string_view peer) const;
  /// Of whom what was said of a feed's origin is refused, at the last contact.
  struct Refusal {
    std::string feed;
    std::string peer;
    std::string key;  ///< that was said; empty: none
    Micros since{0};
  };
  [[nodiscard]] std::vector<Refusal> refusals() const;
  /// The key of a peer that is another than the one it is known by, at the last contact.
  [[nodiscard]] std::optional<std::string> changed(std::string_view peer) const;

 private:
  [[nodiscard]] Status check(const std::string& feed, const StatedClaim& stated) const;
  Status take(const Peer& peer, const std::string& feed, const StatedClaim& stated);
  Status bind(const Peer& peer, const std::string& feed, const StatedClaim& stated, Verdict verdict);
  void note(const Peer& peer, const std::string& feed, const std::string& key, bool refused);
  Status know(const std::string& peer, const std::string& key);
  void note_node(const Peer& peer, const std::string& known, const std::string& met);
  [[nodiscard]] BindingFile kept() const;
  [[nodiscard]] std::string pinned(const std::string& feed) const;
  Status keep(const BindingFile& next);

  const Options& options_;
  store::Store& store_;
  base::Log& log_;
  base::Metrics& metrics_;
  Status readable_;          ///< whether the file could be read: if not, nothing is taken
  std::mutex taking_;        ///< one claim at a time; taken before mutex_
  mutable std::mutex mutex_;  ///< of all behind it
  BindingFile kept_;
  std::map<std::pair<std::string, std::string>, Refusal> refusals_;  ///< by feed and peer
  std::map<std::string, std::string, std::less<>> changed_;          ///< by peer
};

}  // namespace meshgate::federation
