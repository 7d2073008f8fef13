#include "tests/unit/serve/sign_in_node.hpp"

namespace meshgate::serve::test {
namespace {

/// A browser that keeps what it is told to keep.
class Login : public SignInNode {
 protected:
  static std::string own(const std::string& cookies) { return "Sec-Fetch-Site: same-origin\r\nOrigin: http://node\r\nCookie: " + cookies + "\r\n"; }
  static std::string value(const net::test::RawAnswer& answer, const std::string& name) {
    for (const auto& [field, value] : answer.fields) {
      if ((field == "Set-Cookie" || field == "set-cookie") && value.starts_with(name + "=")) return value.substr(name.size() + 1, value.find(';') - name.size() - 1);
    }
    return {};
  }
  [[nodiscard]] net::test::RawAnswer post(const std::string& target, const std::string& fields, const std::string& body) const {
    return ask("POST", target, "Content-Type: application/x-www-form-urlencoded\r\n" + fields, body);
  }
  /// The value of the session's cookie.
  [[nodiscard]] std::string signed_in() const {
    const auto secret = value(get("/login"), "meshgate-form");
    const auto answer = post("/login", own("meshgate-form=" + secret), "form=" + secret + "&username=ann&password=Correct-Horse-1");
    EXPECT_EQ(answer.status, 303U) << answer.body;
    EXPECT_EQ(answer.field("Location"), "/");
    return value(answer, "meshgate");
  }
};

TEST_F(Login, ShowsAFormThatRunsNoScript) {
  const auto answer = get("/login");
  ASSERT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body.find("<script"), std::string::npos);
  EXPECT_EQ(answer.body.find("style="), std::string::npos);
  EXPECT_NE(answer.field("Content-Security-Policy").find("default-src 'none'"), std::string::npos);
  EXPECT_NE(answer.field("Content-Security-Policy").find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
}

TEST_F(Login, SignsInShowsWhoAndSignsOut) {
  const auto session = signed_in();
  const auto devices = ask("GET", "/auth/devices", own("meshgate=" + session));
  ASSERT_EQ(devices.status, 200U) << devices.body;
  EXPECT_NE(devices.body.find("\"browser\":true"), std::string::npos);
  const auto page = ask("GET", "/login", own("meshgate=" + session));
  EXPECT_NE(page.body.find("<strong>ann</strong>"), std::string::npos) << page.body;
  const auto secret = value(page, "meshgate-form");
  const auto out = post("/logout", own("meshgate=" + session + "; meshgate-form=" + secret), "form=" + secret);
  EXPECT_EQ(out.status, 303U) << out.body;
  EXPECT_EQ(value(out, "meshgate"), "");
  const auto after = ask("GET", "/auth/devices", own("meshgate=" + session));
  EXPECT_EQ(after.status, 401U);
  EXPECT_NE(after.field("Set-Cookie").find("Max-Age=0"), std::string::npos);
}

TEST_F(Login, ACookieFromAnotherOriginIsRefused) {
  const auto cookies = "Cookie: meshgate=" + signed_in() + "\r\n";
  for (const char* from : {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Origin: https://evil.example\r\n", "Origin: null\r\n",
                           "Sec-Fetch-Site: cross-site\r\nOrigin: http://node\r\n"}) {
    const auto answer = ask("GET", "/auth/devices", cookies + from);
    EXPECT_EQ(answer.status, 401U) << from;
    EXPECT_TRUE(answer.field("Set-Cookie").empty()) << from;
  }
  EXPECT_EQ(ask("GET", "/auth/devices", cookies + "Sec-Fetch-Site: none\r\n").status, 200U);
  EXPECT_EQ(ask("DELETE", "/auth/devices/x", cookies).status, 401U);
}

TEST_F(Login, ACookiesTokenIsNoBearerAndABearersIsNoCookie) {
  const auto session = signed_in();
  EXPECT_EQ(ask("GET", "/auth/devices", bearer(session)).status, 401U);
  EXPECT_EQ(ask("GET", "/auth/devices", own("meshgate=" + given().access)).status, 401U);
  EXPECT_EQ(ask("GET", "/auth/devices", own("meshgate=" + session + "; meshgate=" + session)).status, 401U);
}

TEST_F(Login, AFormOfAnotherSiteSignsNobodyIn) {
  const auto secret = value(get("/login"), "meshgate-form");
  const std::string right = "&username=ann&password=Correct-Horse-1";
  const std::string cookies = "Cookie: meshgate-form=" + secret + "\r\n";
  for (const std::string& from : {std::string("Sec-Fetch-Site: cross-site\r\n"), std::string("Origin: https://evil.example\r\n"), std::string()}) {
    EXPECT_EQ(post("/login", cookies + from, "form=" + secret + right).status, 403U) << from;
  }
  EXPECT_EQ(post("/login", own("meshgate-form=" + secret), "form=other" + right).status, 403U);
  EXPECT_EQ(post("/login", own("a=b"), "form=" + right).status, 403U);
  EXPECT_EQ(post("/login", own("meshgate-form="), "form=" + right).status, 403U);
  EXPECT_TRUE(people_.asked().empty());
  const auto session = signed_in();
  EXPECT_EQ(post("/logout", "Sec-Fetch-Site: cross-site\r\nCookie: meshgate=" + session + "\r\n", "form=").status, 403U);
  EXPECT_EQ(ask("GET", "/auth/devices", own("meshgate=" + session)).status, 200U);
}

TEST_F(Login, AWrongPasswordShowsTheFormAgainWithoutIt) {
  const auto secret = value(get("/login"), "meshgate-form");
  const auto answer = post("/login", own("meshgate-form=" + secret), "form=" + secret + "&username=ann%3Cb%3E&password=Wrong-Password-9");
  EXPECT_EQ(answer.status, 401U);
  EXPECT_EQ(answer.body.find("Wrong-Password-9"), std::string::npos);
  EXPECT_EQ(answer.body.find("ann<b>"), std::string::npos);
  EXPECT_TRUE(value(answer, "meshgate").empty());
}

TEST_F(Login, OverTlsTheCookieIsBoundToTheHost) {
  const auto first = ask("GET", "/login", "");
  const auto secret = value(first, "meshgate-form");
  const auto answer = post("/login", "Origin: https://node\r\nCookie: meshgate-form=" + secret + "\r\n", "form=" + secret + "&username=ann&password=Correct-Horse-1");
  ASSERT_EQ(answer.status, 303U) << answer.body;
  EXPECT_FALSE(value(answer, "__Host-meshgate").empty());
  EXPECT_NE(answer.field("Set-Cookie").find("; Secure"), std::string::npos);
}

}  // namespace
}  // namespace meshgate::serve::test
