#include <gtest/gtest.h>

#include "connectors/ldap/choice.hpp"
#include "connectors/ldap/value_text.hpp"

namespace meshgate::ldap {

namespace {

using namespace std::string_literals;

TEST(Texts, AreJsonStrings) {
  std::string out;
  append_json(out, "a\"b\\c\n\xc3\xa4");
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\u000a\xc3\xa4\"");
}

TEST(Texts, AreUtf8OrNot) {
  for (const std::string& good : {""s, "abc"s, "\xc3\xa4"s, "\xf0\x9f\x98\x80"s, "\xed\x9f\xbf"s}) EXPECT_TRUE(valid_utf8(good)) << good;
  for (const std::string& bad : {"\xff"s, "\xc3"s, "\xc0\x80"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "\xe0\x80\x80"s, "a\x80"s}) EXPECT_FALSE(valid_utf8(bad));
}

TEST(BinaryValues, AreToldByHashSizeAndType) {
  std::string out;
  append_reference(out, "abc", 3);
  EXPECT_EQ(out, R"({"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","size":3,"type":"application/octet-stream"})");
  out.clear();
  append_reference(out, "\xff\xd8\xff\xe0", 3);
  EXPECT_EQ(out, R"({"size":4,"type":"image/jpeg"})");
}

sdk::Status access_of(std::initializer_list<std::pair<const char*, const char*>> settings, Access& out) {
  std::vector<mg_setting> given;
  for (const auto& [name, value] : settings) given.push_back({sdk::borrow(name), sdk::borrow(value)});
  return read_access(sdk::Settings(given.data(), given.size()), out);
}

TEST(Addresses, SayHowTheirServerIsSpokenTo) {
  Access access;
  ASSERT_TRUE(access_of({{"url", "ldap://dc1.corp"}, {"url", "ldaps://dc2.corp:1636"}}, access).ok());
  ASSERT_EQ(access.servers.size(), 2U);
  EXPECT_EQ(access.servers[0].tls, Tls::start) << "nothing goes in clear unless somebody says so";
  EXPECT_EQ(access.servers[0].port, 389);
  EXPECT_EQ(access.servers[1].tls, Tls::ldaps);
  EXPECT_EQ(access.servers[1].url, "ldaps://dc2.corp:1636");
  Access clear;
  ASSERT_TRUE(access_of({{"url", "ldap://[::1]:3890"}, {"tls", "off"}}, clear).ok());
  EXPECT_EQ(clear.servers[0].tls, Tls::off);
  EXPECT_EQ(clear.servers[0].host, "::1");
}

}  // namespace

}  // namespace meshgate::ldap
