#include "gateway/serve/auth.hpp"
#include "mesh/base64url.hpp"
#include "tests/unit/serve/sign_in_node.hpp"

namespace meshgate::serve::test {
namespace {

class Auth : public SignInNode {};

TEST_F(Auth, APasswordGivesTokensAndTheyAreKeptByNoCache) {
  const auto answer = password("ann", "Correct-Horse-1");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  EXPECT_NE(answer.body.find("\"token_type\":\"Bearer\",\"expires_in\":600,"), std::string::npos) << answer.body;
  const auto devices = ask("GET", "/auth/devices", bearer(member(answer.body, "access_token")));
  ASSERT_EQ(devices.status, 200U) << devices.body;
  EXPECT_NE(devices.body.find("\"device\":\"" + member(answer.body, "device") + "\",\"name\":\"phone\""), std::string::npos) << devices.body;
}

TEST_F(Auth, AFormDoesWhatJsonDoes) {
  const auto answer = token("grant_type=password&username=ann&password=Correct%2DHorse-1&device=my+phone", "application/x-www-form-urlencoded; charset=utf-8");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(opened_->devices(std::nullopt)[0].name, "my phone");
  const auto refreshed = token("grant_type=refresh_token&refresh_token=" + member(answer.body, "refresh_token"), "application/x-www-form-urlencoded");
  EXPECT_EQ(refreshed.status, 200U) << refreshed.body;
}

TEST_F(Auth, ARefusalIsTheSameForEverybody) {
  const auto wrong = password("ann", "wrong");
  const auto unknown = password("carol", "wrong");
  EXPECT_EQ(wrong.status, 401U);
  EXPECT_FALSE(wrong.field("WWW-Authenticate").empty());
  EXPECT_NE(wrong.body.find("\"error\":\"invalid_grant\""), std::string::npos) << wrong.body;
  const auto without_id = [](const std::string& body) { return body.substr(0, body.find("urn:meshgate:request:")); };
  EXPECT_EQ(unknown.status, 401U);
  EXPECT_EQ(without_id(wrong.body), without_id(unknown.body));
}

TEST_F(Auth, SaysWhatIsWrongWithABodyAndShowsNoneOfIt) {
  const std::string marked = "Marked-Secret-7";
  for (const auto& body : {std::string("[]"), std::string("{"), R"({"grant_type":"password","username":"ann"})" + std::string(),
                           R"({"grant_type":"password","username":"ann","password":"","device":"d"})" + std::string(),
                           R"({"grant_type":"password","username":"ann","password":")" + marked + R"("})",
                           R"({"grant_type":"password","username":"ann","password":")" + marked + R"(","password":"b","device":"d"})",
                           R"({"grant_type":"password","username":"ann","passwort":")" + marked + R"(","device":"d"})",
                           R"({"grant_type":")" + marked + R"("})", R"({"grant_type":"refresh_token"})" + std::string(),
                           R"({"grant_type":"password","username":"ann","password":7,"device":"d"})" + std::string(),
                           R"({"grant_type":"password","username":"ann","password":"p","device":"d","device_key":"AAAA"})" + std::string()}) {
    const auto answer = token(body);
    EXPECT_EQ(answer.status, 400U) << body;
    EXPECT_EQ(answer.body.find(marked), std::string::npos) << answer.body;
  }
  EXPECT_EQ(token("{}", "text/plain").status, 400U);
  EXPECT_EQ(password(std::string(300, 'n'), "p").status, 400U);
  EXPECT_EQ(ask("GET", "/auth/token", "").status, 405U);
}

TEST_F(Auth, GuessingWaitsAndOthersDoNot) {
  for (unsigned i = 0; i < access::Lockout::kFree; ++i) EXPECT_EQ(password("ann", "guess").status, 401U);
  const auto held = password("ann", "Correct-Horse-1");
  EXPECT_EQ(held.status, 429U) << held.body;
  EXPECT_FALSE(held.field("Retry-After").empty());
  EXPECT_EQ(password("bob", "Battery-Staple-2").status, 200U);
}

TEST_F(Auth, ADirectoryThatCannotSayIs503) {
  people_.fail(Error{Code::retry, "the directory is not caught up"});
  const auto answer = password("ann", "Correct-Horse-1");
  EXPECT_EQ(answer.status, 503U) << answer.body;
  EXPECT_FALSE(answer.field("Retry-After").empty());
}

TEST_F(Auth, ABadTokenIs401AndNeverNobody) {
  const auto good = given();
  EXPECT_EQ(ask("GET", "/auth/devices", bearer(good.access)).status, 200U);
  for (const auto& fields : {bearer(good.access + "x"), bearer(""), bearer("a.b.c"), std::string("Authorization: Basic YW5uOng=\r\n"),
                             std::string("Authorization: ") + good.access + "\r\n", bearer(good.access) + bearer(good.access), bearer(good.refresh)}) {
    const auto answer = ask("GET", "/auth/devices", fields);
    EXPECT_EQ(answer.status, 401U) << fields;
    EXPECT_NE(answer.field("WWW-Authenticate").find("invalid_token"), std::string::npos);
    EXPECT_EQ(answer.body.find(good.access), std::string::npos);
    net::Request request;
    request.method = "GET";
    const auto colon = fields.find(':');
    request.fields.add(fields.substr(0, colon), fields.substr(colon + 2, fields.find('\r') - colon - 2));
    if (fields.find("Bearer", 30) == std::string::npos) {
      EXPECT_FALSE(principal_of(*opened_, request)) << fields;
    }
  }
  const auto nobody = ask("GET", "/auth/devices", "");
  EXPECT_EQ(nobody.status, 401U);
  EXPECT_EQ(nobody.field("WWW-Authenticate").find("invalid_token"), std::string::npos);
}

TEST_F(Auth, AReplayedRefreshTokenSignsTheDeviceOut) {
  const auto first = given();
  const auto refresh = [&](const std::string& token) { return this->token(R"({"grant_type":"refresh_token","refresh_token":")" + token + R"("})"); };
  const auto second = refresh(first.refresh);
  ASSERT_EQ(second.status, 200U) << second.body;
  EXPECT_EQ(refresh(first.refresh).status, 401U);
  EXPECT_EQ(refresh(member(second.body, "refresh_token")).status, 401U);
  EXPECT_EQ(ask("GET", "/auth/devices", bearer(member(second.body, "access_token"))).status, 401U);
}

TEST_F(Auth, OneRevokesOnesOwnDevicesAndNobodyElses) {
  const auto ann = given();
  const auto lost = given();
  const auto bob = given("bob", "Battery-Staple-2");
  EXPECT_EQ(ask("DELETE", "/auth/devices/" + bob.device, bearer(ann.access)).status, 404U);
  EXPECT_EQ(ask("DELETE", "/auth/devices/" + lost.device, bearer(ann.access)).status, 200U);
  EXPECT_EQ(ask("GET", "/auth/devices", bearer(lost.access)).status, 401U);
  EXPECT_EQ(ask("GET", "/auth/devices", bearer(ann.access)).status, 200U);
  EXPECT_EQ(ask("GET", "/auth/devices", bearer(bob.access)).status, 200U);
}

/// What comes and goes leaves a line each, whatever the level of the log; a refresh leaves none.
TEST_F(Auth, DevicesThatComeAndGoAreWrittenDown) {
  const auto acts = [this] {
    std::vector<std::string> out;
    const std::string text = access_log_.text();
    for (auto at = text.find("audit: "); at != std::string::npos; at = text.find("audit: ", at + 1)) out.push_back(text.substr(at + 7, text.find(", request", at) - at - 7));
    return out;
  };
  const auto ann = given();
  const auto refresh = R"({"grant_type":"refresh_token","refresh_token":")" + ann.refresh + R"("})";
  EXPECT_EQ(token(refresh).status, 200U);
  EXPECT_EQ(password("ann", "wrong").status, 401U);
  EXPECT_EQ(acts(), std::vector<std::string>{"ann (anchor-ann) from 127.0.0.1: device " + ann.device + " signed in, answered 200"});
  EXPECT_EQ(ask("DELETE", "/auth/devices/none", bearer(ann.access)).status, 404U);
  EXPECT_EQ(acts().back(), "ann (anchor-ann) from 127.0.0.1: DELETE /auth/devices/none, answered 404");
  EXPECT_EQ(token(refresh).status, 401U);
  EXPECT_EQ(acts().back(), "somebody with an old refresh token of ann (anchor-ann) from 127.0.0.1: device " + ann.device + " signed out, answered 401");
  const auto bob = given("bob", "Battery-Staple-2");
  EXPECT_EQ(ask("DELETE", "/auth/devices/" + bob.device, bearer(bob.access)).status, 200U);
  EXPECT_EQ(acts().back(), "bob (anchor-bob) from 127.0.0.1: DELETE /auth/devices/" + bob.device + ", answered 200");
  EXPECT_EQ(ask("DELETE", "/auth/devices/" + bob.device, bearer(bob.access)).status, 401U);
  EXPECT_EQ(acts().size(), 5U) << "who is nobody leaves none";
}

TEST_F(Auth, PublishesTheKeyThatItsTokensVerifyWith) {
  const auto good = given();
  const auto answer = get("/.well-known/jwks.json");
  ASSERT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Type"), "application/jwk-set+json");
  EXPECT_EQ(answer.body.find("\"d\""), std::string::npos);
  const auto key = VerifyingKey::from_bytes(*decode_base64url(member(answer.body, "x")));
  ASSERT_TRUE(key);
  const auto last = good.access.rfind('.');
  EXPECT_TRUE(key->verify(good.access.substr(0, last), *decode_base64url(good.access.substr(last + 1))));
}

TEST_F(Auth, ACertificateNamesANodeBesideTheToken) {
  const auto good = given();
  net::Request request;
  request.method = "GET";
  request.client = "CN=branch";
  const auto node = principal_of(*opened_, request);
  ASSERT_TRUE(node);
  EXPECT_EQ(node->node, "CN=branch");
  EXPECT_TRUE(node->user.empty());
  request.fields.add("authorization", "bearer " + good.access);
  const auto both = principal_of(*opened_, request);
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->node, "CN=branch");
  EXPECT_EQ(both->user, "anchor-ann");
}

}  // namespace
}  // namespace meshgate::serve::test
