#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/loops.hpp"
#include "gateway/serve/auth.hpp"
#include "tests/unit/access/sign_in_fixture.hpp"
#include "tests/unit/net/raw_client.hpp"

namespace meshgate::serve::test {

/// Where people of a stated directory sign in, over TCP and a Unix socket; nothing else is served.
class SignInNode : public testing::Test {
 protected:
  SignInNode() { options_.refusal_step = std::chrono::milliseconds(5); }
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] net::test::RawClient client() const { return net::test::RawClient::tcp(server_->port()); }
  [[nodiscard]] net::test::RawClient administrator() const { return net::test::RawClient::local(access_folder_.path() + "/admin.sock"); }
  [[nodiscard]] net::test::RawAnswer get(std::string_view target, std::string_view fields = {}) const { return client().get(target, fields); }

  [[nodiscard]] net::test::RawAnswer ask(std::string_view method, std::string_view target, std::string_view fields, std::string_view body = {}) const;
  [[nodiscard]] net::test::RawAnswer token(const std::string& body, std::string_view type = "application/json") const;
  [[nodiscard]] net::test::RawAnswer password(const std::string& name, const std::string& password) const;
  /// What somebody got who signed in with the right password.
  struct Given {
    std::string access;
    std::string refresh;
    std::string device;
  };
  [[nodiscard]] Given given(const std::string& name = "ann", const std::string& password = "Correct-Horse-1") const;
  [[nodiscard]] static std::string bearer(const std::string& access) { return "Authorization: Bearer " + access + "\r\n"; }
  static std::string member(const std::string& json, const std::string& name);

  access::test::Folder access_folder_;
  access::test::StatedPeople people_;
  access::test::KeptLog access_log_;
  access::SignInOptions options_;
  base::Metrics metrics_;
  base::BlockingPool pool_{2, 1000};
  std::unique_ptr<access::SignIn> opened_;
  std::unique_ptr<SignInDesk> desk_;
  net::Loops loops_{2};
  std::unique_ptr<net::Server> server_;
};

}  // namespace meshgate::serve::test
