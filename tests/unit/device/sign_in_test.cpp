#include "gateway/device/sign_in.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "gateway/net/loops.hpp"
#include "gateway/serve/auth.hpp"
#include "mesh/base64url.hpp"
#include "mesh/sha256.hpp"
#include "tests/unit/access/sign_in_fixture.hpp"

namespace meshgate::device {
namespace {

/// A real node at which people of a stated directory sign in.
class DeviceSignIn : public access::test::SignInFixture {
 protected:
  void SetUp() override {
    SignInFixture::SetUp();
    desk_ = std::make_unique<serve::SignInDesk>(*sign_in_, pool_, log_, false);
    net::Router router;
    desk_->add_routes(router);
    server_ = serving(std::move(router));
    ASSERT_TRUE(server_);
    file_ = folder_.path() + "/home/sign-in.json";
  }
  void TearDown() override { server_.reset(); }

  std::unique_ptr<net::Server> serving(net::Router router) {
    const net::ServerOptions options;
    auto started = net::Server::start(options, std::move(router), loops_, log_, metrics_);
    EXPECT_TRUE(started) << started.error().message;
    return started ? std::move(*started) : nullptr;
  }
  void sign_in() {
    net::HttpClient client;
    const auto signed_in = device::sign_in(client, server_->url(), "ann", "Correct-Horse-1", "laptop");
    ASSERT_TRUE(signed_in) << signed_in.error().message;
    ASSERT_TRUE(write_sign_in(file_, *signed_in));
  }
  [[nodiscard]] std::unique_ptr<Authorization> authorization() const {
    auto opened = Authorization::open(file_, server_->url(), {});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }
  /// What the node says to a client with this authorization that asks for what only people who are signed in get.
  [[nodiscard]] Result<unsigned> status(Authorization& authorization) const {
    net::ClientOptions options;
    options.authorization = [&](std::string_view refused) { return authorization.field(refused); };
    net::HttpClient client(std::move(options));
    auto answer = client.send("GET", server_->url() + "/auth/devices");
    if (!answer) return std::move(answer).error();
    return answer->status;
  }

  base::BlockingPool pool_{2, 1000};
  std::unique_ptr<serve::SignInDesk> desk_;
  net::Loops loops_{1};
  std::unique_ptr<net::Server> server_;
  std::string file_;
};

TEST_F(DeviceSignIn, KeepsAFileOfItsOwnersAndGoesOnByItself) {
  sign_in();
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*status(*authorization()), 200U);
  const auto kept = authorization();
  EXPECT_EQ(*status(*kept), 200U);
  EXPECT_EQ(*kept->field(""), *kept->field(""));
  const auto devices = sign_in_->devices(std::nullopt);
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].name, "laptop");
  EXPECT_FALSE(devices[0].key.empty());
}

TEST_F(DeviceSignIn, GetsAnotherTokenWhenOneIsRefused) {
  sign_in();
  const auto kept = authorization();
  const auto first = *kept->field("");
  pass(std::chrono::minutes(15));
  EXPECT_EQ(*status(*kept), 200U);
  EXPECT_NE(*kept->field(""), first);
}

TEST_F(DeviceSignIn, TwoProgramsShareAFile) {
  sign_in();
  const auto one = authorization();
  const auto other = authorization();
  for (int i = 0; i < 3; ++i) {
    pass(std::chrono::minutes(15));
    EXPECT_EQ(*status(*one), 200U);
    EXPECT_EQ(*status(*other), 200U);
  }
}

TEST_F(DeviceSignIn, AKillAtAnyMomentOfARefreshIsGoneOnFrom) {
  sign_in();
  auto before = **read_sign_in(file_);
  // Killed after it wrote what it was going to ask, before it asked.
  before.next = base64url(std::string(32, 'n'));
  ASSERT_TRUE(write_sign_in(file_, before));
  EXPECT_EQ(*status(*authorization()), 200U);
  // Killed after the node had rotated, before the answer was written down.
  before = **read_sign_in(file_);
  EXPECT_TRUE(before.next.empty());
  ASSERT_EQ(*status(*authorization()), 200U);
  const auto after = **read_sign_in(file_);
  before.next = after.refresh.substr(after.refresh.rfind('.') + 1);
  ASSERT_TRUE(write_sign_in(file_, before));
  EXPECT_EQ(*status(*authorization()), 200U);
  EXPECT_EQ(sign_in_->devices(std::nullopt).size(), 1U);
}

TEST_F(DeviceSignIn, AnOldCopyOfTheFileSignsTheDeviceOut) {
  sign_in();
  const auto old = **read_sign_in(file_);
  for (int i = 0; i < 2; ++i) ASSERT_EQ(*status(*authorization()), 200U);
  const std::string copy = folder_.path() + "/copy.json";
  ASSERT_TRUE(write_sign_in(copy, old));
  auto thief = Authorization::open(copy, server_->url(), {});
  ASSERT_TRUE(thief);
  EXPECT_EQ(status(**thief).error().code, Code::auth);
  const auto ended = status(*authorization());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Code::auth);
  EXPECT_NE(ended.error().message.find("meshgate login"), std::string::npos) << ended.error().message;
  EXPECT_EQ(ended.error().message.find(old.refresh), std::string::npos);
}

TEST_F(DeviceSignIn, ARevokedDeviceIsToldToSignInAgain) {
  sign_in();
  const auto kept = authorization();
  ASSERT_EQ(*status(*kept), 200U);
  EXPECT_FALSE(kept->ended());
  ASSERT_TRUE(sign_in_->revoke(sign_in_->devices(std::nullopt)[0].id, "a test"));
  const auto refused = status(*kept);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::auth);
  EXPECT_TRUE(kept->ended());
}

TEST_F(DeviceSignIn, BelievesNoFileOfOthersAndShowsItToNoOtherNode) {
  sign_in();
  EXPECT_EQ(Authorization::open(file_, "https://other", {}).error().code, Code::config);
  ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
  EXPECT_EQ(Authorization::open(file_, server_->url(), {}).error().code, Code::auth);
  EXPECT_EQ(Authorization::open(file_ + "x", server_->url(), {}).error().code, Code::config);
}

TEST_F(DeviceSignIn, OneIsGoodAtEveryNodeThatTakesItsTokens) {
  sign_in();
  net::Router router;
  desk_->add_routes(router);
  const auto hub = serving(std::move(router));
  const auto kept = authorization();
  ASSERT_TRUE(kept->add_node(hub->url(), {}));
  const auto field = kept->field_at(hub->url(), "");
  ASSERT_TRUE(field) << field.error().message;
  EXPECT_EQ(*field, *kept->field(""));
  // What is known of the hub outlives the program; and the next token comes over it, where the first node cannot be reached.
  const std::string url = server_->url();
  server_.reset();
  const auto after = Authorization::open(file_, url, {});
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->field("").error().code, Code::retry);
  ASSERT_TRUE((*after)->add_node(hub->url(), {}));
  const auto next = (*after)->field_at(hub->url(), "");
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_NE(*next, *field);
  EXPECT_EQ(sign_in_->devices(std::nullopt).size(), 1U);
}

TEST_F(DeviceSignIn, ANodeThatDoesNotTakeItsTokensIsShownNone) {
  sign_in();
  const auto kept = authorization();
  std::atomic<int> shown = 0;
  const auto handler = [&](std::string keys) {
    return [&shown, keys](const net::Request& request, net::Reply& reply) -> boost::asio::awaitable<void> {
      if (request.fields.find("Authorization")) ++shown;
      net::Response answer{.status = 200, .fields = {}, .body = keys};
      (void)co_await reply.async_send(std::move(answer));
    };
  };
  const auto other = access::make_token_key(Micros{kStart});
  for (const std::string& keys : {access::key_set(access::public_keys({other})), std::string("{\"keys\":[]}"), std::string("no JSON")}) {
    net::Router router;
    router.add("GET", "/.well-known/jwks.json", handler(keys));
    const auto stranger = serving(std::move(router));
    ASSERT_TRUE(kept->add_node(stranger->url(), {}));
    const auto field = kept->field_at(stranger->url(), "");
    ASSERT_TRUE(field) << field.error().message;
    EXPECT_EQ(*field, "") << keys;
  }
  EXPECT_EQ(shown, 0);
  EXPECT_TRUE((**read_sign_in(file_)).also.empty());
}

TEST_F(DeviceSignIn, SaysWhenThePasswordIsWrong) {
  net::HttpClient client;
  const auto refused = device::sign_in(client, server_->url(), "ann", "Wrong-Password-9", "laptop");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::auth);
  EXPECT_EQ(refused.error().message.find("Wrong-Password-9"), std::string::npos);
}

TEST_F(DeviceSignIn, WhoGuessesTooOftenIsRefusedAndNotSentToAnotherNode) {
  net::HttpClient client;
  std::string said;
  for (int i = 0; i < 8 && said.find("429") == std::string::npos; ++i) {
    const auto refused = device::sign_in(client, server_->url(), "ann", "Wrong-Password-9", "laptop");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::auth) << refused.error().message;
    said = refused.error().message;
  }
  EXPECT_NE(said.find("429"), std::string::npos) << said;
}

}  // namespace
}  // namespace meshgate::device
