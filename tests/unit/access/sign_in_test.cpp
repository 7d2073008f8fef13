#include "tests/unit/access/sign_in_fixture.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "gateway/access/refresh_token.hpp"
#include "mesh/sha256.hpp"

namespace meshgate::access {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class SignInTest : public test::SignInFixture {};

TEST_F(SignInTest, GivesATokenThatSaysWho) {
  const auto grant = signed_in();
  EXPECT_EQ(grant.life, minutes(10));
  const auto who = principal(grant);
  ASSERT_TRUE(who) << who.error().message;
  EXPECT_EQ(who->user, "anchor-ann");
  EXPECT_EQ(who->device, grant.device);
  EXPECT_TRUE(who->node.empty());
  EXPECT_TRUE(sign_in_->stands(*who));
  EXPECT_EQ(sign_in_->device(grant.device)->name, "phone");
}

TEST_F(SignInTest, RefusesAWrongPasswordAnUnknownNameAndWhoIsDisabledAlike) {
  const auto wrong = sign_in_->sign_in(attempt("ann", "wrong"));
  const auto unknown = sign_in_->sign_in(attempt("carol", "wrong"));
  people_.disable("bob");
  const auto disabled = sign_in_->sign_in(attempt("bob", "Battery-Staple-2"));
  for (const auto* one : {&wrong, &unknown, &disabled}) {
    ASSERT_FALSE(*one);
    EXPECT_EQ(one->error().code, Code::auth);
    EXPECT_EQ(one->error().message, wrong.error().message);
  }
  // Each cost the source a question.
  EXPECT_EQ(people_.asked().size(), 3U);
  EXPECT_TRUE(sign_in_->devices(std::nullopt).empty());
}

TEST_F(SignInTest, SaysThatItCannotSayWhenTheDirectoryCannot) {
  for (const Code code : {Code::retry, Code::reconnect, Code::config, Code::corrupt}) {
    people_.fail(Error{code, "ldap://dc1.corp cannot be reached"});
    for (const char* name : {"ann", "carol"}) {
      const auto refused = sign_in_->sign_in(attempt(name, "x"));
      EXPECT_EQ(refused.error().code, Code::retry);
      EXPECT_EQ(refused.error().message.find("dc1"), std::string::npos);
    }
  }
  EXPECT_NE(log_.text().find("dc1"), std::string::npos);
  people_.fail(Error{Code::unsupported, "connector 'odbc' checks no passwords"});
  EXPECT_EQ(sign_in_->sign_in(attempt("ann", "x")).error().code, Code::unsupported);
  people_.fail(std::nullopt);
  const auto grant = signed_in();
  people_.fail(Error{Code::retry, "the directory is not caught up"});
  EXPECT_EQ(sign_in_->refresh({grant.refresh, "", ""}).error().code, Code::retry);
  people_.fail(std::nullopt);
  EXPECT_TRUE(sign_in_->refresh({grant.refresh, "", ""}));
}

TEST_F(SignInTest, ATokenEndsAndIsRefreshed) {
  const auto first = signed_in();
  pass(minutes(11) + std::chrono::seconds(1));
  EXPECT_EQ(principal(first).error().code, Code::auth);
  const auto second = sign_in_->refresh({first.refresh, "", ""});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(principal(*second)->user, "anchor-ann");
  EXPECT_EQ(second->device, first.device);
  EXPECT_NE(second->refresh, first.refresh);
  EXPECT_TRUE(sign_in_->refresh({second->refresh, "", ""}));
}

TEST(RandomName, IsNoOptionOfACommand) {
  for (int i = 0; i < 5000; ++i) ASSERT_NE(random_name().front(), '-');
}

TEST_F(SignInTest, AnOldRefreshTokenRevokesItsDeviceAndNoOther) {
  int told = 0;
  sign_in_->on_revoked([&] { ++told; });
  const auto first = signed_in();
  const auto other = signed_in();
  const auto second = *sign_in_->refresh({first.refresh, "", ""});
  const auto third = *sign_in_->refresh({second.refresh, "", ""});
  EXPECT_EQ(told, 0);
  EXPECT_EQ(sign_in_->refresh({first.refresh, "", ""}).error().code, Code::conflict);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(sign_in_->refresh({third.refresh, "", ""}).error().code, Code::auth);
  EXPECT_EQ(principal(third).error().code, Code::auth);
  EXPECT_TRUE(principal(other));
  EXPECT_NE(log_.text().find("an old refresh token"), std::string::npos);
  open();
  EXPECT_EQ(sign_in_->refresh({third.refresh, "", ""}).error().code, Code::auth);
}

TEST_F(SignInTest, AGuessRevokesNobody) {
  const auto grant = signed_in();
  const auto token = *RefreshToken::parse(grant.refresh);
  EXPECT_FALSE(sign_in_->refresh({RefreshToken::make(token.device).text(), "", ""}));
  EXPECT_FALSE(sign_in_->refresh({"", "", ""}));
  EXPECT_FALSE(sign_in_->refresh({grant.refresh + "A", "", ""}));
  EXPECT_TRUE(sign_in_->refresh({grant.refresh, "", ""}));
}

TEST_F(SignInTest, ALostAnswerIsAskedForAgainAsItWas) {
  const auto grant = signed_in();
  const auto token = *RefreshToken::parse(grant.refresh);
  const std::string secret = random_secret();
  const Refresh question{grant.refresh, sha256(secret), ""};
  const auto first = sign_in_->refresh(question);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->refresh.empty());
  open();  // as if it was killed before the answer was out
  EXPECT_TRUE(sign_in_->refresh(question));
  const RefreshToken next{token.device, token.family, secret};
  ASSERT_TRUE(sign_in_->refresh({next.text(), sha256(random_secret()), ""}));
  // Once the next one was used, the old one is a stolen one.
  EXPECT_FALSE(sign_in_->refresh(question));
  EXPECT_TRUE(sign_in_->devices(std::nullopt).empty());
}

TEST_F(SignInTest, TheSameTokenWithAnotherNextIsAReplay) {
  const auto grant = signed_in();
  ASSERT_TRUE(sign_in_->refresh({grant.refresh, sha256("a"), ""}));
  EXPECT_FALSE(sign_in_->refresh({grant.refresh, sha256("b"), ""}));
  EXPECT_TRUE(sign_in_->devices(std::nullopt).empty());
}

TEST_F(SignInTest, ADeviceWithAKeyRefreshesOnlyWithItsSignature) {
  const auto key = SigningKey::make();
  const auto grant = signed_in("ann", key.verifying().bytes());
  const std::string next = sha256("the next secret");
  EXPECT_FALSE(sign_in_->refresh({grant.refresh, next, ""}));
  EXPECT_FALSE(sign_in_->refresh({grant.refresh, next, SigningKey::make().sign(proved_text(grant.refresh, next))}));
  EXPECT_FALSE(sign_in_->refresh({grant.refresh, sha256("another"), key.sign(proved_text(grant.refresh, next))}));
  EXPECT_TRUE(sign_in_->refresh({grant.refresh, next, key.sign(proved_text(grant.refresh, next))}));
}

TEST_F(SignInTest, OfManyThatRefreshWithOneTokenAtOnceOneIsServed) {
  const auto grant = signed_in();
  std::atomic<int> served{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (sign_in_->refresh({grant.refresh, "", ""})) ++served;
    });
  }
  for (auto& one : threads) one.join();
  EXPECT_EQ(served, 1);
  EXPECT_TRUE(sign_in_->devices(std::nullopt).empty());
}

TEST_F(SignInTest, ARevokedDevicesTokensAreRefusedAtOnceAndAfterAStart) {
  int told = 0;
  sign_in_->on_revoked([&] { ++told; });
  const auto grant = signed_in();
  const auto who = *principal(grant);
  ASSERT_TRUE(sign_in_->revoke(grant.device, "an administrator"));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(principal(grant).error().code, Code::auth);
  EXPECT_FALSE(sign_in_->stands(who));
  EXPECT_FALSE(sign_in_->refresh({grant.refresh, "", ""}));
  EXPECT_EQ(sign_in_->revoke(grant.device, "an administrator").error().code, Code::not_found);
  open();
  EXPECT_EQ(principal(grant).error().code, Code::auth);
  EXPECT_FALSE(sign_in_->refresh({grant.refresh, "", ""}));
}

TEST_F(SignInTest, WhoIsDisabledOrGoneRefreshesNoMore) {
  const auto ann = signed_in("ann");
  const auto bob = signed_in("bob");
  people_.disable("ann");
  people_.remove("bob");
  EXPECT_EQ(sign_in_->refresh({ann.refresh, "", ""}).error().code, Code::auth);
  EXPECT_EQ(sign_in_->refresh({bob.refresh, "", ""}).error().code, Code::auth);
}

TEST_F(SignInTest, ABrowsersTokenAndADevicesAreNotTakenForEachOther) {
  auto browser = attempt("ann", "Correct-Horse-1");
  browser.browser = true;
  const auto session = *sign_in_->sign_in(browser);
  const auto device = signed_in();
  EXPECT_TRUE(session.refresh.empty());
  EXPECT_TRUE(principal(session, Use::browser));
  EXPECT_FALSE(principal(session, Use::api));
  EXPECT_FALSE(principal(device, Use::browser));
  pass(hours(12) + minutes(1));
  EXPECT_FALSE(principal(session, Use::browser));
}

TEST_F(SignInTest, WhatHasEndedIsForgotten) {
  const auto grant = signed_in();
  pass(hours(24 * 30));
  EXPECT_FALSE(sign_in_->refresh({grant.refresh, "", ""}));
  sign_in_->tend();
  EXPECT_TRUE(sign_in_->devices(std::nullopt).empty());
}

TEST_F(SignInTest, TokensOutliveTheRotationOfTheirKey) {
  pass(hours(24 * 30) - minutes(5));
  const auto grant = signed_in();
  const auto before = sign_in_->key_set();
  pass(minutes(5));
  sign_in_->tend();
  EXPECT_NE(sign_in_->key_set(), before);
  EXPECT_TRUE(principal(grant));
  EXPECT_TRUE(principal(signed_in()));
}

TEST_F(SignInTest, HoldsWhoGuessesAndNobodyElse) {
  auto guess = attempt("ann", "guess");
  for (unsigned i = 0; i < Lockout::kFree; ++i) {
    ASSERT_FALSE(sign_in_->hold(guess));
    (void)sign_in_->sign_in(guess);
  }
  EXPECT_TRUE(sign_in_->hold(guess));
  guess.address = "10.0.0.2";
  EXPECT_FALSE(sign_in_->hold(guess));
}

TEST_F(SignInTest, ARefusalLeavesAtAWholeStep) {
  const std::chrono::steady_clock::time_point asked{};
  const auto step = options_.refusal_step;
  EXPECT_EQ(sign_in_->leaves(asked, asked), asked + step);
  EXPECT_EQ(sign_in_->leaves(asked, asked + step - std::chrono::microseconds(1)), asked + step);
  EXPECT_EQ(sign_in_->leaves(asked, asked + step * 2 + std::chrono::microseconds(1)), asked + step * 3);
}

TEST_F(SignInTest, KeepsAndLogsNoPasswordAndNoToken) {
  const auto first = signed_in();
  const auto second = *sign_in_->refresh({first.refresh, "", ""});
  (void)sign_in_->sign_in(attempt("ann", "Wrong-Password-9"));
  (void)sign_in_->sign_in(attempt("Typed-Password-8", "x"));
  (void)sign_in_->refresh({first.refresh, "", ""});
  std::string seen = log_.text() + metrics_.text();
  for (const auto& file : std::filesystem::directory_iterator(folder_.path() + "/access")) {
    std::ifstream in(file.path());
    seen.append(std::istreambuf_iterator<char>(in), {});
    struct stat found {};
    ASSERT_EQ(::stat(file.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << file.path();
  }
  const auto secret = [](const Grant& grant) { return RefreshToken::parse(grant.refresh)->secret; };
  for (const auto& marked : {std::string("Correct-Horse-1"), std::string("Wrong-Password-9"), std::string("Typed-Password-8"), first.access, second.access, secret(first),
                             secret(second), RefreshToken::parse(first.refresh)->family}) {
    EXPECT_EQ(seen.find(marked), std::string::npos) << marked;
  }
}

}  // namespace
}  // namespace meshgate::access
