#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/federation/claims.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/federation/repairs.hpp"
#include "gateway/federation/routes.hpp"
#include "gateway/federation/sync_cutter.hpp"
#include "gateway/net/server.hpp"
#include "gateway/store/store.hpp"
#include "mesh/offered_feed.hpp"

namespace meshgate::federation {

class Bindings;

/// Takes what peers bring: each feed from those peers only that it names and whose certificates have the subject that is written there. Must outlive the
/// server that has its routes. Thread safe.
class Reception {
 public:
  Reception(const Options& options, Bindings& bindings, store::Store& store, base::BlockingPool& pool, base::Log& log);

  void add_routes(net::Router& router);
  /// Nothing for a feed that no peer may bring, or that none has brought since the start.
  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const;

 private:
  struct Brought {
    std::string peer;
    Micros since{0};  ///< of the first page of this peer
    std::map<std::string, std::string> offered;  ///< peers that have offered it since the start, and the key of its origin there
    Micros last{0};
    std::string error;
    std::string fork;  ///< what was last brought in an order that was left
    Micros forked{0};
  };
  /// What is brought, and by whom: of a request, or of a batch on a line.
  struct Delivery {
    Part part;
    std::string client;  ///< the subject of the certificate
    std::string id;      ///< of the request
  };
  [[nodiscard]] static Delivery delivery_of(const net::Request& request);
  /// Whether the feed may be brought here by whom brings it.
  [[nodiscard]] bool welcome(const Delivery& delivery) const;
  net::Response offer(const Delivery& delivery, const net::Request& request);
  net::Response take_request(const Delivery& delivery, const net::Request& request);
  /// A page that begins behind `after`.
  net::Response take(const Delivery& delivery, const Cursor& after, std::string_view page);
  /// Takes batch after batch of an open request, and answers each with a line.
  boost::asio::awaitable<void> async_line(const net::Request& request, net::OpenBody& body, net::Reply& reply);
  /// The copy of a feed whose origin is the one it is bound to.
  Result<std::shared_ptr<store::Feed>> copy(const Delivery& delivery, const OfferedFeed& offered, StatedClaim origin);
  [[nodiscard]] const Peer& peer_of(const Delivery& delivery) const;
  /// Whether the peer has said, since the start, that it brings the feed of that key.
  [[nodiscard]] bool has_offered(const Delivery& delivery, const std::string& key) const;
  /// The feed, where its peer has said that it brings it.
  Result<std::shared_ptr<store::Feed>> offered(const Delivery& delivery);
  net::Response reconcile(const Delivery& delivery, const net::Request& request);
  void note(const Delivery& delivery, const Status& done);
  void note_fork(const Delivery& delivery, const Error& why);

  const Options& options_;
  Bindings& bindings_;
  store::Store& store_;
  base::BlockingPool& pool_;
  base::Log& log_;
  Repairs repairs_;
  mutable std::mutex mutex_;
  std::map<std::string, Brought, std::less<>> brought_;
};

}  // namespace meshgate::federation
