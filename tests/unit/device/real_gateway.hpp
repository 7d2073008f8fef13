#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "gateway/net/loops.hpp"
#include "gateway/serve/serve.hpp"
#include "gateway/store/store.hpp"
#include "tests/unit/serve/stated_access.hpp"

namespace meshgate::test {

/// A real store behind the real server, with one feed "orders"; offers it in small parts.
class RealGateway {
 public:
  explicit RealGateway(const std::string& folder, std::uint64_t range_bytes = 64U << 20U) {
    store::Options options;
    options.folder = folder + "/data";
    store_ = std::move(*store::Store::open(options));
    feed_ = *store_->feed("orders");
    serve::Services services{*store_, pool_, log_, metrics_, sources_, access_, "n", "0", {}};
    services.ranges.folder = folder + "/ranges";
    services.ranges.most_bytes = range_bytes;
    services.ranges.part_bytes = 8192;
    serve_ = std::make_unique<serve::Serve>(std::move(services));
    net::Router router;
    serve_->add_routes(router);
    net::ServerOptions server;
    server.on_drain = [this] { serve_->wake(); };
    auto started = net::Server::start(server, std::move(router), loops_, log_, metrics_);
    if (!started) std::abort();
    server_ = std::move(*started);
  }
  ~RealGateway() { server_->drain(std::chrono::milliseconds(500)); }

  [[nodiscard]] std::string url() const { return server_->url(); }
  store::Feed& feed() { return *feed_; }
  base::Metrics& metrics() { return metrics_; }
  serve::Serve& serve() { return *serve_; }
  store::Store& store() { return *store_; }
  /// Everybody may read everything until the test says otherwise.
  serve::test::StatedAccess& access() { return *access_; }

 private:
  struct NoSources final : serve::SourceStatus {
    std::optional<serve::SourceState> of(std::string_view) const override { return std::nullopt; }
  };

  base::BlockingPool pool_{2, 1000};
  base::Log log_;
  base::Metrics metrics_;
  NoSources sources_;
  const std::shared_ptr<serve::test::StatedAccess> access_ = std::make_shared<serve::test::StatedAccess>();
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<store::Feed> feed_;
  std::unique_ptr<serve::Serve> serve_;
  net::Loops loops_{1};
  std::unique_ptr<net::Server> server_;
};

}  // namespace meshgate::test
