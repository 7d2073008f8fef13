#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/federation/options.hpp"
#include "gateway/federation/routes.hpp"
#include "gateway/net/server.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::federation {

/// Takes what peers bring: each feed from those peers only that it names and whose certificates have the subject that is written there. Must outlive the
/// server that has its routes. Thread safe.
class Reception {
 public:
  Reception(const Options& options, store::Store& store, base::BlockingPool& pool, base::Log& log);

  void add_routes(net::Router& router);
  /// Nothing for a feed that no peer may bring, or that none has brought since the start.
  [[nodiscard]] std::optional<Standing> standing(std::string_view feed) const;

 private:
  struct Brought {
    std::string peer;
    Micros since{0};  ///< of the first page of this peer
    Micros last{0};
    std::string error;
    std::string fork;  ///< what was last brought in an order that was left
    Micros forked{0};
  };
  [[nodiscard]] const FollowedFeed* welcome(const net::Request& request) const;
  net::Response offer(const net::Request& request);
  net::Response take(const net::Request& request);
  void note(const net::Request& request, const Status& done);
  void note_fork(const net::Request& request, const Error& why);

  const Options& options_;
  store::Store& store_;
  base::BlockingPool& pool_;
  base::Log& log_;
  mutable std::mutex mutex_;
  std::map<std::string, Brought, std::less<>> brought_;
};

}  // namespace meshgate::federation
