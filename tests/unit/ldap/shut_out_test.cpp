#include <gtest/gtest.h>

#include <set>

#include "connectors/ldap/shut_out.hpp"

namespace meshgate::ldap {

namespace {

constexpr std::int64_t kNow = 1767608109;  // 2026-01-05T10:15:09Z, day 20458
constexpr std::int64_t kDay = 86400;

TEST(ShutOut, IsWhomAPersonLockedAndNotWhomWrongPasswordsDid) {
  EXPECT_TRUE(shuts_out("pwdaccountlockedtime", "000001010000Z", kNow));
  EXPECT_FALSE(shuts_out("pwdaccountlockedtime", "20260101000000Z", kNow));
  for (const char* word : {"TRUE", "true"}) {
    EXPECT_TRUE(shuts_out("nsaccountlock", word, kNow));
    EXPECT_TRUE(shuts_out("logindisabled", word, kNow));
  }
  EXPECT_FALSE(shuts_out("nsaccountlock", "FALSE", kNow));
  EXPECT_TRUE(shuts_out("useraccountcontrol", "514", kNow));
  EXPECT_FALSE(shuts_out("useraccountcontrol", "512", kNow));
}

TEST(ShutOut, IsWhoseDateHasCome) {
  for (const char* day : {"0", "1", "20457", "20458"}) EXPECT_TRUE(shuts_out("shadowexpire", day, kNow)) << day;
  for (const char* day : {"-1", "20459", "", "soon", "20458x"}) EXPECT_FALSE(shuts_out("shadowexpire", day, kNow)) << day;
  EXPECT_TRUE(shuts_out("pwdendtime", "20260105101509Z", kNow));
  EXPECT_FALSE(shuts_out("pwdendtime", "20260105101510Z", kNow));
  EXPECT_TRUE(shuts_out("accountexpires", "134120817090000000", kNow));
  EXPECT_FALSE(shuts_out("accountexpires", "134120817100000000", kNow));
  for (const char* never : {"0", "9223372036854775807"}) EXPECT_FALSE(shuts_out("accountexpires", never, kNow)) << never;
}

TEST(ShutOut, OtherAttributesSayNothing) {
  EXPECT_FALSE(shuts_out("description", "TRUE", kNow));
  EXPECT_FALSE(shuts_out("employeenumber", "2", kNow));
}

TEST(ShutOut, BetweenTwoTimesIsAskedForByWhatTheServerKnows) {
  const auto knows = [](std::set<std::string_view> names) { return [names = std::move(names)](std::string_view name) { return names.contains(name); }; };
  EXPECT_EQ(shut_out_between(kNow - 60, kNow, knows({})), "");
  EXPECT_EQ(shut_out_between(kNow - 60, kNow, knows({"shadowExpire"})), "(shadowExpire=20458)");
  EXPECT_EQ(shut_out_between(kNow - kDay, kNow, knows({"shadowExpire"})), "(shadowExpire=20457)(shadowExpire=20458)");
  EXPECT_EQ(shut_out_between(0, kNow, knows({"shadowExpire"})), "(shadowExpire=*)");
  EXPECT_EQ(shut_out_between(kNow - 60, kNow, knows({"pwdEndTime"})), "(&(pwdEndTime>=20260105101409Z)(pwdEndTime<=20260105101509Z))");
  EXPECT_EQ(shut_out_between(kNow - 1, kNow, knows({"accountExpires"})), "(&(accountExpires>=134120817080000000)(accountExpires<=134120817090000000))");
}

}  // namespace

}  // namespace meshgate::ldap
