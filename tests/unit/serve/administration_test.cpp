#include <algorithm>

#include "tests/unit/serve/rights_fixture.hpp"

namespace meshgate::serve::test {
namespace {

using access::Role;
using net::test::RawAnswer;

/// A route, the least role it takes, what it answers to who has it, and whether that leaves a line in the log.
struct Duty {
  std::string method;
  std::string target;
  Role least;
  unsigned status;
  bool noted;
};
const std::vector<Duty> kDuties{
    {"GET", "/admin/status", Role::viewer, 200, false},
    {"GET", "/admin/quarantine", Role::viewer, 200, true},
    {"GET", "/admin/explain?user=ann&feed=sales&partition=a%20b", Role::operator_, 200, true},
    {"DELETE", "/admin/quarantine/sales/table/1", Role::operator_, 404, true},
    {"POST", "/admin/quarantine/orders/replay", Role::operator_, 200, true},
    {"POST", "/admin/release/orders", Role::operator_, 200, true},
    {"POST", "/admin/backup?into=relative", Role::administrator, 400, true},
};
const std::vector<Role> kRoles{Role::none, Role::viewer, Role::operator_, Role::administrator};

class AdministrationTest : public RightsFixture {
 protected:
  [[nodiscard]] RawAnswer ask(const std::string& method, const std::string& target, const std::string& fields) const {
    auto peer = client();
    peer.send(method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "Content-Length: 0\r\n\r\n");
    return peer.receive();
  }
};

/// Who has a role does what it allows, and each act, and each refusal, leaves one line that says who, from where, what and what came of it. To who has none there is nothing.
TEST_F(AdministrationTest, ARoleAllowsWhatItAllows) {
  for (const Role role : kRoles) {
    access_->set_role("ann", role);
    for (const Duty& duty : kDuties) {
      SCOPED_TRACE(duty.method + " " + duty.target + " with role " + std::to_string(static_cast<int>(role)));
      (void)log_.take("audit");
      const auto answer = ask(duty.method, duty.target, as("ann") + "X-Request-Id: r-1\r\n");
      const auto lines = log_.take("audit");
      const unsigned wanted = role >= duty.least ? duty.status : role == Role::none ? 404 : 403;
      EXPECT_EQ(answer.status, wanted) << answer.body;
      EXPECT_EQ(answer.field("Cache-Control"), "no-store");
      EXPECT_EQ(answer.body.find("there is nothing at") != std::string::npos, role == Role::none) << answer.body;
      const bool noted = role >= duty.least ? duty.noted : role != Role::none;
      ASSERT_EQ(lines.size(), noted ? 1U : 0U);
      if (noted) {
        EXPECT_EQ(lines[0], "ann from 127.0.0.1: " + duty.method + " " + duty.target + ", answered " + std::to_string(wanted) + ", request r-1\n");
      }
    }
  }
}

TEST_F(AdministrationTest, TheSocketIsAnAdministratorWithTheNumberOfItsUser) {
  access_->set_unsure(true);
  EXPECT_EQ(administrator().get("/admin/explain?user=ann&feed=sales", "X-Request-Id: r-2\r\n").status, 200U);
  const auto lines = log_.take("audit");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], "administrator (socket, uid " + std::to_string(::getuid()) + ") from unix: GET /admin/explain?user=ann&feed=sales, answered 200, request r-2\n");
}

/// What a request says cannot be taken for the rest of the line.
TEST_F(AdministrationTest, ALineCannotBeForged) {
  access_->set_role("ann", Role::operator_);
  (void)ask("POST", "/admin/release/x?a=b,%20answered%20200%0Aforged", as("ann"));
  (void)ask("POST", "/admin/release/" + std::string(1000, 'x'), as("ann"));
  const auto lines = log_.take("audit");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("ann from 127.0.0.1: POST /admin/release/x?a=b%2C%20answered%20200%0Aforged, answered ")) << lines[0];
  EXPECT_LT(lines[1].size(), 500U);
}

/// Raw forms and reasons hold data: they are an operator's.
TEST_F(AdministrationTest, AViewerSeesNoDataOfTheQuarantine) {
  store::Batch batch("table");
  batch.quarantine("7", "the secret reason", "the secret raw form");
  ASSERT_TRUE(sales_->commit(batch, nullptr));
  access_->set_role("vera", Role::viewer);
  access_->set_role("otto", Role::operator_);
  const auto seen = ask("GET", "/admin/quarantine", as("vera"));
  EXPECT_EQ(seen.status, 200U);
  EXPECT_NE(seen.body.find("\"key\":\"7\""), std::string::npos) << seen.body;
  EXPECT_EQ(seen.body.find("secret"), std::string::npos) << seen.body;
  const auto whole = ask("GET", "/admin/quarantine", as("otto")).body;
  EXPECT_NE(whole.find("secret raw form"), std::string::npos) << whole;
  EXPECT_NE(whole.find("secret reason"), std::string::npos) << whole;
}

TEST_F(AdministrationTest, WhoIsNotKnownYetWaitsAndAForgedProofIsRefused) {
  EXPECT_EQ(ask("POST", "/admin/release/orders", "").status, 404U);
  EXPECT_EQ(ask("POST", "/admin/release/orders", as("forged")).status, 401U);
  access_->set_role("ann", Role::administrator);
  access_->set_unsure(true);
  EXPECT_EQ(ask("POST", "/admin/release/orders", as("ann")).status, 503U);
  EXPECT_TRUE(released_.empty());
  EXPECT_TRUE(log_.take("audit").empty());
}

/// A browser shows a certificate whoever's page asks; a page cannot make it show a token.
TEST_F(AdministrationTest, APageOfAnotherSiteAdministersNothing) {
  access_->set_role("ann", Role::administrator);
  for (const char* from : {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Origin: https://evil.example\r\n", "Origin: null\r\n"}) {
    EXPECT_EQ(ask("POST", "/admin/release/orders", as("ann") + from).status, 403U) << from;
  }
  EXPECT_TRUE(released_.empty());
  EXPECT_EQ(log_.take("audit").size(), 4U);
  for (const char* from : {"Sec-Fetch-Site: same-origin\r\n", "Origin: http://a\r\n", "", "Authorization: Bearer x\r\nOrigin: https://evil.example\r\n"}) {
    EXPECT_EQ(ask("POST", "/admin/release/orders", as("ann") + from).status, 200U) << from;
  }
  EXPECT_EQ(released_.size(), 4U);
}

/// Where everybody may look, who has not signed in is told that signing in may help with the rest.
TEST_F(AdministrationTest, WhoHasNotSignedInMayHaveARole) {
  access_->set_role_of_all(Role::viewer);
  EXPECT_EQ(ask("GET", "/admin/status", "").status, 200U);
  EXPECT_EQ(ask("POST", "/admin/release/orders", "").status, 401U);
  const auto lines = log_.take("audit");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("somebody who has not signed in from 127.0.0.1: POST /admin/release/orders, answered 401")) << lines[0];
}

}  // namespace
}  // namespace meshgate::serve::test
