#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/access/access.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/net/server.hpp"
#include "gateway/serve/mesh.hpp"
#include "gateway/store/store.hpp"
#include "mapping/presentation.hpp"
#include "mesh/time.hpp"

namespace meshgate::access {
class SignIn;
}

namespace meshgate::serve {

/// How a feed's source is doing, in words for people and programs.
struct SourceState {
  std::string source;  ///< its name in the configuration
  std::string state;   ///< "running", "scanning", "waiting", "failing", …
  Micros since{0};     ///< when it came into this state
  std::string error;   ///< the last one; empty: none since it last worked. Redacted by whoever fills it
  std::optional<double> lag_seconds;
  bool failing = false;  ///< cannot read at the moment: the node is not ready
  std::string limit = {};  ///< which of the configured limits keeps the reading back, and until when
  std::string note = {};  ///< how it is read, in the connector's words; redacted by whoever fills it
};

/// A source of which it is not known yet which feeds it has.
struct UnlistedSource {
  std::string source;
  std::string why;  ///< redacted by whoever fills it
};

/// Asked on loops and pool threads, for every description of a feed; must not block.
class SourceStatus {
 public:
  virtual ~SourceStatus() = default;
  /// Nothing for a feed that no source of this node fills.
  [[nodiscard]] virtual std::optional<SourceState> of(std::string_view feed) const = 0;
  [[nodiscard]] virtual std::vector<UnlistedSource> unlisted() const { return {}; }
};

/// What became of a quarantined record that was read again from its source; the words are in HTTP.md.
struct Replayed {
  std::string key;
  std::string became;
  std::string reason;  ///< empty where the word says all
};

/// First downloads in parts that caches may keep: see Ranges.
struct RangeOptions {
  std::filesystem::path folder;         ///< where renderings are kept
  std::uint64_t most_bytes = 0;         ///< of them in all; 0: no parts are offered
  std::uint64_t part_bytes = 8U << 20U;  ///< about how large one is
};

/// What serving needs of the rest of the node; all of it outlives the Serve.
struct Services {
  store::Store& store;
  base::BlockingPool& pool;
  base::Log& log;
  base::Metrics& metrics;
  const SourceStatus& sources;
  std::shared_ptr<access::Access> access;                   ///< who may see what; required
  std::string node;                                         ///< its name in the configuration
  std::string version;                                      ///< of the program
  std::function<Status(std::string_view feed)> release;     ///< lets the next sweep of a feed through its guard; may block
  /// Reads a feed's quarantined records again (no keys: all of them); blocks.
  std::function<Result<std::vector<Replayed>>(std::string_view feed, std::vector<std::string> keys)> replay{};
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);  ///< of live streams
  /// How a feed's items are shown; must not block. Empty: each by its id.
  std::function<mapping::Presentation(std::string_view feed)> presentation{};
  std::string scheme = "http";  ///< of the addresses under which readers know this node
  RangeOptions ranges{};
  /// Who makes a request. Code::auth: what was shown proves nobody; others: it cannot be said now. Must not block. Empty: nobody can sign in, and
  /// who does not come over the administration socket is anonymous.
  std::function<Result<access::Principal>(const net::Request&)> principal{};
  bool people = true;  ///< false: there is nobody here who could sign in, so nobody is told to
  /// Whether the device that a principal signed in with may still be used; must not block. Empty: always.
  std::function<bool(const access::Principal&)> signed_in{};
  access::SignIn* sign_in = nullptr;  ///< who is signed in with what, for administrators; null: nobody can sign in
};

class Followers;

/// The node's HTTP interface, as HTTP.md describes it.
class Serve {
 public:
  explicit Serve(Services services);
  /// After every server that has its routes.
  ~Serve();
  Serve(const Serve&) = delete;
  Serve& operator=(const Serve&) = delete;

  void add_routes(net::Router& router);
  /// GET /mesh, of a node that may have peers.
  void add_mesh(net::Router& router, OtherNodes others);
  /// The nodes that have followed this one since the start.
  [[nodiscard]] const Followers& followers() const;
  /// Wakes all who wait for a change, so that they see that the server is draining: ServerOptions::on_drain calls this.
  void wake();
  /// Open answers look again at what they may show: as after every change that `Services::access` tells of by itself. For a device that was
  /// revoked. Any thread; never blocks for long.
  void look_again();
  /// Lets go of what first downloads no longer need. To be called now and then; blocks.
  void tidy();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshgate::serve
