#include "gateway/federation/binding_file.hpp"

#include <gtest/gtest.h>

#include "gateway/federation/brought.hpp"
#include "mesh/ed25519.hpp"

namespace meshgate::federation {
namespace {

const std::string kUid(32, 'a');

store::Claim claim(std::uint64_t term, const char digit = '0') { return {term, Epoch{*Bits128::from_hex(std::string(32, digit))}}; }

StatedClaim stated(const store::Claim& claim, std::string key) { return {kUid, claim, {std::move(key), "signed"}}; }

std::string some_key() { return SigningKey::make().verifying().bytes(); }

TEST(Judge, ByKeyAndClaim) {
  const std::string a = some_key();
  const std::string b = some_key();
  const struct {
    const char* what;
    std::string bound;
    store::Claim known;
    StatedClaim stated;
    Verdict verdict;
  } cases[] = {
      {"nobody says a key", "", claim(0), stated(claim(0), ""), Verdict::same},
      {"nobody ever said a key, also of a promotion", "", claim(0), stated(claim(1, 'e'), ""), Verdict::same},
      {"the first key", "", claim(0), stated(claim(0), a), Verdict::first},
      {"the same", a, claim(0), stated(claim(0), a), Verdict::same},
      {"the same, after a promotion", a, claim(0), stated(claim(1, 'e'), a), Verdict::same},
      {"another, of the same claim", a, claim(0), stated(claim(0), b), Verdict::refused},
      {"another, of the same promotion", a, claim(1, 'e'), stated(claim(1, 'e'), b), Verdict::refused},
      {"another, of an older promotion", a, claim(2, 'e'), stated(claim(1, 'f'), b), Verdict::refused},
      {"another was made the origin", a, claim(0), stated(claim(1, 'e'), b), Verdict::promoted},
      {"of two promotions the greater epoch", a, claim(1, 'd'), stated(claim(1, 'e'), b), Verdict::promoted},
      {"none where there was one", a, claim(0), stated(claim(0), ""), Verdict::refused},
      {"none, with a promotion", a, claim(0), stated(claim(1, 'e'), ""), Verdict::refused},
  };
  for (const auto& one : cases) EXPECT_EQ(judge(one.bound, one.known, one.stated), one.verdict) << one.what;
}

TEST(BindingFile, ComesBackAsItWas) {
  BindingFile file;
  file.feeds["or\"ders"] = {stated(claim(3, 'e'), some_key()), Micros{17}};
  file.feeds["notes"] = {{kUid, claim(0), {some_key(), ""}}, Micros{18}};
  file.peers["hub"] = {some_key(), Micros{19}};
  const auto read = parse_bindings(binding_text(file));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(binding_text(*read), binding_text(file));
  EXPECT_EQ(read->feeds.at("or\"ders").stated.seal, file.feeds["or\"ders"].stated.seal);
  EXPECT_EQ(read->feeds.at("or\"ders").stated.claim, claim(3, 'e'));
  EXPECT_EQ(read->feeds.at("notes").since, Micros{18});
  EXPECT_EQ(read->peers.at("hub").key, file.peers["hub"].key);
  EXPECT_TRUE(parse_bindings(binding_text({})));
}

TEST(BindingFile, WhatIsNotWholeIsRefused) {
  BindingFile file;
  file.feeds["orders"] = {stated(claim(0), some_key()), Micros{17}};
  file.peers["hub"] = {some_key(), Micros{19}};
  const std::string text = binding_text(file);
  for (const char* gone : {"\"uid\"", "\"key\"", "\"signature\"", "\"since\"", "\"peers\"", "ed25519:"}) {
    std::string wrong = text;
    wrong.replace(wrong.find(gone), std::string_view(gone).size(), "\"x\"");
    EXPECT_FALSE(parse_bindings(wrong)) << wrong;
  }
  for (const char* wrong : {"", "x", "{}", "{\"feeds\":{},\"peers\":[]}"}) EXPECT_FALSE(parse_bindings(wrong)) << wrong;
}

TEST(StatedClaim, GoesWithAndWithoutASeal) {
  const auto whole = stated(claim(2, 'e'), some_key());
  const auto read = parse_claim(claim_text(whole));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->uid, kUid);
  EXPECT_EQ(read->claim, whole.claim);
  EXPECT_EQ(read->seal, whole.seal);
  EXPECT_EQ(parse_claim(claim_text({kUid, claim(1, 'e'), {}}))->seal, access::Seal());
  EXPECT_EQ(parse_seal(seal_text(whole.seal)), whole.seal);
  EXPECT_FALSE(parse_seal("{}"));
  std::string wrong = claim_text(whole);
  wrong.replace(wrong.find("signature"), 9, "signed as");
  EXPECT_FALSE(parse_claim(wrong)) << "a key that signed nothing";
}

TEST(StatedClaim, ComesWithAnOffer) {
  store::FeedState state;
  state.name = "orders";
  state.uid = FeedUid{*Bits128::from_hex(kUid)};
  const auto whole = stated(claim(2, 'e'), some_key());
  const auto read = parse_offered_origin(offer_text(state, whole));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->seal, whole.seal);
  EXPECT_EQ(read->claim, whole.claim);
  const auto older = parse_offered_origin("{\"feed\":\"orders\",\"uid\":\"" + kUid + "\"}");
  ASSERT_TRUE(older) << "an older node says no more";
  EXPECT_EQ(older->uid, kUid);
  EXPECT_EQ(older->seal, access::Seal());
  EXPECT_FALSE(parse_offered_origin("{\"uid\":\"" + kUid + "\",\"origin\":{}}"));
  EXPECT_FALSE(parse_offered_origin("{}"));
}

}  // namespace
}  // namespace meshgate::federation
