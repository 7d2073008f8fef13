#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "gateway/net/loops.hpp"
#include "gateway/net/server.hpp"
#include "tests/unit/net/raw_client.hpp"

namespace meshgate::net::test {

/// A server with a few routes: /echo tells the request back, /big sends much, /hang waits for the bell, /turns answers
/// each line of an open body with the same.
class ServerFixture : public testing::Test {
 protected:
  void start(const ServerOptions& options);
  [[nodiscard]] RawClient client() const { return RawClient::tcp(server_->port()); }

  base::Log log_{base::Level::error};
  base::Metrics metrics_;
  base::BlockingPool pool_{1, 4};
  Bell bell_;
  Loops loops_{2};
  std::unique_ptr<Server> server_;
};

/// Small limits, so that tests meet them.
ServerOptions small_limits();

}  // namespace meshgate::net::test
