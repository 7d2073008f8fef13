#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/net/loops.hpp"
#include "gateway/serve/serve.hpp"
#include "tests/unit/net/raw_client.hpp"
#include "tests/unit/serve/stated_access.hpp"

namespace meshgate::serve::test {

/// Sources as the test says they are.
struct StatedSources final : SourceStatus {
  std::optional<SourceState> of(std::string_view feed) const override {
    if (feed != "orders") return std::nullopt;
    return state;
  }
  std::vector<UnlistedSource> unlisted() const override { return unknown; }
  std::optional<SourceState> state;
  std::vector<UnlistedSource> unknown;
};

/// Keeps what would be printed.
class KeptLines final : public base::Log {
 public:
  using base::Log::Log;
  /// The lines of one room, each from behind its name on, and forgets all.
  std::vector<std::string> take(const std::string& room);

 protected:
  void put(const std::string& line) override;

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A real store in a folder of its own, served over TCP and a Unix socket: feed "orders" (whole) and "sales" (divided).
class NodeFixture : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  /// Serves the store; again after stop_serving(), as after a restart.
  void serve();
  void stop_serving();

  std::shared_ptr<store::Feed> make_feed(const std::string& name, bool divided);
  /// Commits items `first` to `last` of a feed, with `extra` in their content.
  void put(store::Feed& feed, int first, int last, const std::string& extra = "", const std::string& partition = "");
  void remove(store::Feed& feed, int id);
  [[nodiscard]] net::test::RawClient client() const { return net::test::RawClient::tcp(server_->port()); }
  [[nodiscard]] net::test::RawClient administrator() const { return net::test::RawClient::local(folder_ + "/admin.sock"); }
  [[nodiscard]] net::test::RawAnswer get(std::string_view target, std::string_view fields = {}) const { return client().get(target, fields); }

  RangeOptions ranges_{{}, 64U << 20U, 4096};
  std::string folder_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<store::Feed> orders_;
  std::shared_ptr<store::Feed> sales_;
  std::unique_ptr<base::BlockingPool> pool_ = std::make_unique<base::BlockingPool>(2, 1000);
  KeptLines log_{base::Level::error};
  base::Metrics metrics_;
  StatedSources sources_;
  std::shared_ptr<StatedAccess> access_ = std::make_shared<StatedAccess>();
  std::function<Result<access::Principal>(const net::Request&)> principal_;  ///< none: nobody can sign in
  std::function<bool(const access::Principal&)> signed_in_;
  std::vector<std::string> released_;
  net::Loops loops_{2};
  std::unique_ptr<Serve> serve_;
  std::unique_ptr<net::Server> server_;
};

std::vector<std::string> lines_of(const std::string& body);
/// The cursor of the last mark.
std::string cursor_of(const std::string& body);

}  // namespace meshgate::serve::test
