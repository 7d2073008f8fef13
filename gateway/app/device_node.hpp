#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/app/device_copy.hpp"
#include "gateway/app/device_following.hpp"
#include "gateway/app/housekeeping.hpp"
#include "gateway/base/blocking.hpp"
#include "gateway/base/log.hpp"
#include "gateway/base/metrics.hpp"
#include "gateway/device/door.hpp"
#include "gateway/net/loops.hpp"
#include "gateway/net/server.hpp"
#include "gateway/serve/serve.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::app {

/// What a device holds, and where; all under one folder.
struct DeviceFolder {
  explicit DeviceFolder(std::string folder) : path(std::move(folder)) {}

  std::string path;
  [[nodiscard]] std::string choices() const { return path + "/device.json"; }
  [[nodiscard]] std::string applications() const { return path + "/applications"; }
  [[nodiscard]] std::string lost() const { return path + "/lost"; }
  [[nodiscard]] std::string store() const { return path + "/store"; }
  [[nodiscard]] std::string copy() const { return path + "/feeds.db"; }
  /// Removes what came from its upstreams. Nobody may use it. Blocks.
  [[nodiscard]] Status empty() const;
};

struct DeviceNodeOptions {
  DeviceFolder folder;
  std::string address = "127.0.0.1";  ///< on loopback
  std::uint16_t port = 0;
  std::vector<Upstream> upstreams;
  std::vector<std::string> feeds;  ///< none: all that may be read
};

/// A small node for one person: follows feeds into a store of its own and an SQLite file, and serves them on loopback to that person's applications.
/// Members stand in start order; destruction stops in reverse.
class DeviceNode {
 public:
  /// Opens the store, binds, begins to follow. Where nothing is held yet, an upstream that will never do is an error. Blocks until it serves.
  static Result<std::unique_ptr<DeviceNode>> start(DeviceNodeOptions options);
  ~DeviceNode();

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] std::string url() const { return server_->url(); }
  [[nodiscard]] base::Log& log() { return log_; }
  /// To be called every second or so: takes up which applications there are. Blocks on files.
  void tend();
  /// What an upstream said when it signed this device out; nothing: it has not.
  [[nodiscard]] std::optional<std::string> signed_out() const { return following_->signed_out(); }

 private:
  explicit DeviceNode(DeviceNodeOptions options);
  Status open_store();
  Status open_server();
  Status open_copy();
  /// How many partitions there are to read.
  [[nodiscard]] std::size_t held() const;

  base::Log log_;
  const DeviceNodeOptions options_;
  base::Metrics metrics_;
  std::unique_ptr<store::Store> store_;
  base::BlockingPool pool_;
  net::Loops loops_;
  std::shared_ptr<DeviceAccess> access_;
  device::Applications applications_;
  const std::string own_token_;
  device::Door door_;
  std::unique_ptr<DeviceFollowing> following_;
  std::unique_ptr<serve::SourceStatus> status_;
  std::unique_ptr<serve::Serve> serve_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<Housekeeping> housekeeping_;
  std::unique_ptr<DeviceCopy> copy_;
};

}  // namespace meshgate::app
