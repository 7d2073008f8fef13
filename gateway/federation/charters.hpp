#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/access/knowledge.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/federation/bindings.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/net/http_client.hpp"
#include "gateway/net/server.hpp"

namespace meshgate::federation {

/// What this node says to others: of the feeds that `given` names.
using State = std::function<access::Statement(const std::function<bool(std::string_view)>& given)>;

/// What goes beside the feeds: hears from peers on what terms they give them, and says so to those that feeds are brought to. A thread for each. Must outlive the server that has
/// its routes.
class Charters {
 public:
  struct House {
    const Options& options;
    access::Knowledge& knowledge;
    Bindings& bindings;
    base::BlockingPool& pool;
    base::Log& log;
    State state;                 ///< blocks
    std::function<void()> told;  ///< something else is known; on any thread, may block
    std::function<void(net::HttpClient& client, const Peer& peer)> meet{};  ///< what else is said to a peer that knows this node, every few seconds; may block
  };
  explicit Charters(House house);
  ~Charters();
  Charters(const Charters&) = delete;
  Charters& operator=(const Charters&) = delete;

  /// For peers that bring feeds. Before the server starts.
  void add_routes(net::Router& router);
  /// Starts to ask and to tell.
  void start();
  /// What this node says may have changed: it is told where feeds are brought to. Any thread; does not block.
  void ring();
  /// Ends within a second; does not wait for it.
  void stop();

 private:
  class Line;
  net::Response hear(const net::Request& request);
  Status take(const Peer& peer, std::string_view body);

  const House house_;
  std::mutex mutex_;
  std::condition_variable rang_;
  std::uint64_t rings_ = 0;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Line>> lines_;
};

}  // namespace meshgate::federation
