#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "gateway/access/known_tokens.hpp"
#include "gateway/access/token.hpp"
#include "mesh/base64url.hpp"

namespace meshgate::access {
namespace {

constexpr std::int64_t kNow = 1767608109;  // 2026-01-05T10:15:09Z

Claims claims() {
  return {"hq", "meshgate", "ann's \"anchor\"", "device-1", "token-1", kNow, kNow, kNow + 600};
}

class Token : public testing::Test {
 protected:
  [[nodiscard]] Result<Claims> read(std::string_view token, std::int64_t at = kNow, std::string_view audience = "meshgate", std::string_view issuer = "hq") const {
    auto claims = signed_claims(token, public_keys(keys_));
    if (!claims) return claims;
    if (auto good = check(*claims, {issuer, audience, Micros{at * 1000000}}); !good) return std::move(good).error();
    return claims;
  }
  void expect_refused(std::string_view token, const std::string& why) const {
    const auto read = this->read(token);
    ASSERT_FALSE(read) << token;
    EXPECT_EQ(read.error().code, Code::auth);
    EXPECT_NE(read.error().message.find(why), std::string::npos) << read.error().message;
    for (std::size_t at = 0; at + 12 < token.size(); at += 12) EXPECT_EQ(read.error().message.find(token.substr(at, 12)), std::string::npos) << "it shows the token";
  }
  /// A token of these parts, signed by `key` whatever the header says.
  static std::string forged(const std::string& header, const std::string& body, const SigningKey& key) {
    const std::string text = base64url(header) + "." + base64url(body);
    return text + "." + base64url(key.sign(text));
  }
  [[nodiscard]] std::string header() const { return R"({"alg":"EdDSA","kid":")" + keys_[0].id + R"(","typ":"JWT"})"; }
  [[nodiscard]] std::string body() const {
    const auto token = write_token(claims(), keys_[0]);
    const auto first = token.find('.');
    return *decode_base64url(token.substr(first + 1, token.rfind('.') - first - 1));
  }

  TokenKeys keys_{make_token_key(Micros{kNow * 1000000})};
};

TEST_F(Token, ComesBack) {
  const auto read = this->read(write_token(claims(), keys_[0]));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, claims());
}

TEST_F(Token, OfAnOlderKeyIsTakenAsLongAsTheKeyIsThere) {
  const auto token = write_token(claims(), keys_[0]);
  keys_.insert(keys_.begin(), make_token_key(Micros{}));
  EXPECT_TRUE(read(token));
  keys_.pop_back();
  expect_refused(token, "key");
}

TEST_F(Token, WithAnotherAlgorithmIsRefused) {
  const auto& key = keys_[0].pair;
  expect_refused(forged(R"({"alg":"none","typ":"JWT"})", body(), key), "key");
  expect_refused(forged(R"({"alg":"EdDSA","typ":"JWT"})", body(), key), "key");
  expect_refused(forged(R"({"alg":"HS256","kid":")" + keys_[0].id + R"(","typ":"JWT"})", body(), key), "key");
  // Signed, but said otherwise: the header is not ours byte by byte.
  expect_refused(forged(header() + " ", body(), key), "key");
  expect_refused(forged(R"({"alg":"EdDSA","alg":"EdDSA","kid":")" + keys_[0].id + R"(","typ":"JWT"})", body(), key), "key");
  // No signature at all, under our own header and under "none".
  expect_refused(base64url(header()) + "." + base64url(body()) + ".", "signed");
  expect_refused(base64url(R"({"alg":"none"})") + "." + base64url(body()) + ".", "key");
}

TEST_F(Token, SignedWithThePublicKeyAsAnHmacSecretIsRefused) {
  for (const std::string& head : {std::string(R"({"alg":"HS256","typ":"JWT"})"), header()}) {
    const std::string text = base64url(head) + "." + base64url(body());
    const std::string& secret = keys_[0].pair.verifying().bytes();
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    expect_refused(text + "." + base64url({reinterpret_cast<const char*>(mac), size}), "");
  }
}

TEST_F(Token, SignedWithAnotherKeyUnderOurKeysNameIsRefused) {
  expect_refused(forged(header(), body(), SigningKey::make()), "signed");
  // Its own header, key and all, as if it were the node's.
  const auto other = make_token_key(Micros{});
  expect_refused(write_token(claims(), other), "key");
}

TEST_F(Token, ThatWasChangedIsRefused) {
  const auto token = write_token(claims(), keys_[0]);
  for (std::size_t at = 0; at < token.size(); ++at) {
    auto changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read(changed)) << at;
  }
  for (std::size_t size = 0; size < token.size(); ++size) EXPECT_FALSE(read(token.substr(0, size))) << size;
  EXPECT_FALSE(read(token + "A"));
  EXPECT_FALSE(read(token + "="));
  EXPECT_FALSE(read(" " + token));
  expect_refused(std::string(100000, 'A') + "." + token, "none of this node's");
}

TEST_F(Token, IsGoodFromItsBeginningToItsEndAndAMinuteAround) {
  const auto token = write_token(claims(), keys_[0]);
  EXPECT_TRUE(read(token, kNow - 60));
  EXPECT_FALSE(read(token, kNow - 61));
  EXPECT_TRUE(read(token, kNow + 600 + 59));
  EXPECT_FALSE(read(token, kNow + 600 + 60));
}

TEST_F(Token, OfAnotherUseOrNodeIsRefused) {
  const auto token = write_token(claims(), keys_[0]);
  EXPECT_FALSE(read(token, kNow, "meshgate browser"));
  EXPECT_FALSE(read(token, kNow, "meshgat"));
  EXPECT_FALSE(read(token, kNow, ""));
  EXPECT_FALSE(read(token, kNow, "meshgate", "branch"));
}

TEST_F(Token, WithOtherMembersIsRefusedThoughWeSignedIt) {
  const auto& key = keys_[0].pair;
  EXPECT_TRUE(read(forged(header(), body(), key)));
  const auto with = [&](const std::string& more) { return forged(header(), body().substr(0, body().size() - 1) + more + "}", key); };
  expect_refused(with(R"(,"exp":99999999999)"), "written");
  expect_refused(with(R"(,"sub":"bob")"), "written");
  expect_refused(with(R"(,"role":"administrator")"), "written");
  expect_refused(forged(header(), "{}", key), "written");
  expect_refused(forged(header(), "[]", key), "written");
  expect_refused(forged(header(), "", key), "written");
  auto aud = body();
  aud.replace(aud.find("\"meshgate\""), 10, "[\"meshgate\"]");
  expect_refused(forged(header(), aud, key), "written");
}

TEST(KnownTokens, AreABoundedNumberAndTheLatest) {
  KnownTokens known(100);
  for (int i = 0; i < 1000; ++i) {
    auto one = claims();
    one.id = std::to_string(i);
    known.keep("token " + one.id, one);
    ASSERT_LE(known.size(), 100U);
    EXPECT_EQ(known.find("token " + one.id), one);
  }
  EXPECT_TRUE(known.find("token 960"));
  EXPECT_FALSE(known.find("token 1"));
  EXPECT_FALSE(known.find("token 960 "));
}

}  // namespace
}  // namespace meshgate::access
