#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/app/device_access.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/device/sign_in.hpp"
#include "gateway/federation/federation.hpp"
#include "mesh/offered_feed.hpp"

namespace meshgate::app {

/// A node that a device follows, and how it is known there.
struct Upstream {
  std::string url;  ///< without a slash at its end
  net::ClientOptions client;
  std::shared_ptr<device::Authorization> authorization;  ///< null: it is nobody there
};

/// What an upstream is called where peers have names: "hub.example.com:7443".
std::string upstream_name(std::string_view url);

/// Follows what a device's upstreams show it: a thread asks them now and then which feeds there are and begins to follow those that are new; what is held
/// and not shown any more is asked about, and goes where its upstream says `denied`. Where none can be asked, what is held is followed.
class DeviceFollowing {
 public:
  struct House {
    store::Store& store;
    base::BlockingPool& pool;
    DeviceAccess& access;
    base::Log& log;
    base::Metrics& metrics;
    federation::Pull::Taken taken;
    std::string folder;  ///< where it is kept to whose keys feeds are bound
    std::string name;    ///< what this device calls itself
  };
  /// `feeds`: only these; none: all that may be read. Does not touch the network.
  DeviceFollowing(House house, std::vector<Upstream> upstreams, std::vector<std::string> feeds);
  ~DeviceFollowing();
  DeviceFollowing(const DeviceFollowing&) = delete;
  DeviceFollowing& operator=(const DeviceFollowing&) = delete;

  /// Asks once, and follows nothing yet. Blocks. To be called before start(), where what is wrong is to be known first.
  Status look();
  void start();
  /// Blocks until nothing is followed any more.
  void stop();
  /// How following a feed goes; nothing for a feed that is not followed.
  [[nodiscard]] std::optional<federation::Standing> standing(std::string_view feed) const;
  /// What an upstream said when it signed this device out.
  [[nodiscard]] std::optional<std::string> signed_out() const;

 private:
  void run();
  Status look_at(std::size_t upstream);
  Result<std::vector<OfferedFeed>> offered_by(std::size_t upstream);
  Status drop_lost(std::size_t upstream, const std::vector<OfferedFeed>& offered);
  Status drop_if_lost(std::size_t upstream, const store::FeedState& held, const std::optional<std::string>& partition);
  void lose(const std::string& feed, const std::optional<std::string>& partition);
  void look_soon();
  [[nodiscard]] bool wanted(std::string_view feed) const;
  [[nodiscard]] bool is_lost(std::string_view feed) const;
  [[nodiscard]] std::vector<std::string> held() const;
  /// Follows exactly these from now on.
  void follow(std::vector<std::string> feeds);
  void say(const std::string& sentence);

  const House house_;
  const std::vector<Upstream> upstreams_;
  const std::vector<std::string> feeds_;
  std::vector<std::unique_ptr<net::HttpClient>> clients_;  ///< of the upstreams; the asking thread's
  std::vector<std::string> followed_;                      ///< the same
  std::string said_;                                       ///< the same
  bool started_ = false;                                   ///< the same: what is offered is followed
  mutable std::mutex mutex_;                               ///< of all behind it
  std::condition_variable wake_;
  bool stop_ = false;
  bool lost_ = false;  ///< a right, or it may be, since the last look
  std::unique_ptr<federation::Federation> federation_;
  std::thread thread_;
};

}  // namespace meshgate::app
