#include "gateway/serve/serve.hpp"

#include <gtest/gtest.h>

#include "gateway/net/loops.hpp"
#include "tests/unit/net/raw_client.hpp"
#include "tests/unit/serve/fake_store.hpp"

namespace meshgate::serve::test {
namespace {

using net::test::RawClient;

struct NoSources final : SourceStatus {
  std::optional<SourceState> of(std::string_view) const override { return std::nullopt; }
};

struct ServeTest : testing::Test {
  void SetUp() override {
    feed = std::make_shared<FakeFeed>("orders");
    store.feeds["orders"] = feed;
    for (std::uint64_t i = 1; i <= 5; ++i) feed->put(i, std::to_string(i), "{}");
    net::Router router;
    serve.add_routes(router);
    net::ServerOptions options;
    options.on_drain = [this] { serve.wake(); };
    auto started = net::Server::start(options, std::move(router), loops, log, metrics);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
  }
  FakeStore store;
  std::shared_ptr<FakeFeed> feed;
  base::BlockingPool pool{2, 100};
  base::Log log;
  base::Metrics metrics;
  NoSources sources;
  Serve serve{Services{store, pool, log, metrics, sources, "n", "0", {}}};
  net::Loops loops{2};
  std::unique_ptr<net::Server> server;
};

TEST_F(ServeTest, ListsFeeds) {
  auto client = RawClient::tcp(server->port());
  const auto answer = client.get("/feeds");
  EXPECT_EQ(answer.status, 200U) << answer.body;
  EXPECT_NE(answer.body.find("\"feed\":\"orders\""), std::string::npos) << answer.body;
  const auto changes = client.get("/feeds/orders/changes");
  EXPECT_EQ(changes.status, 200U);
  std::puts(changes.body.c_str());
}

TEST_F(ServeTest, StreamsACommit) {
  auto client = RawClient::tcp(server->port());
  client.send("GET /feeds/orders/changes?live=stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.receive_head().status, 200U);
  for (int i = 0; i < 7; ++i) std::puts(client.receive_line().value_or("END").c_str());
  feed->put(6, "six", "{}");
  const auto line = client.receive_line().value_or("END");
  EXPECT_NE(line.find("six"), std::string::npos) << line;
}

}  // namespace
}  // namespace meshgate::serve::test
