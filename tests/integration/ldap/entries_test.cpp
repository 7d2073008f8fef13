// What an entry becomes: one value and many, names, photos, locks, large groups.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "tests/integration/ldap/reading.hpp"

namespace meshgate::ldap_test {

namespace {

std::map<std::string, std::string> only_one(Server& server, const Settings& stream) {
  Reading reading(reader_of(server), stream);
  EXPECT_TRUE(reading.read_all().ok());
  EXPECT_TRUE(reading.seen.faults.empty());
  EXPECT_EQ(reading.seen.entries.size(), 1U);
  return reading.seen.entries.empty() ? std::map<std::string, std::string>{} : reading.seen.entries.begin()->second;
}

TEST(Entries, OneValueIsTextAndManyAreASortedArray) {
  Server server;
  server.add_person("anna", {{"mail", {"b@corp.test", "a@corp.test"}}, {"cn", {"Anna Zed", "Anna A"}}, {"employeeNumber", {"17"}}, {"manager", {"UID=Boss ,  OU=People,dc=meshgate, DC=test"}}});
  const auto anna = only_one(server, people_of(server));
  EXPECT_EQ(anna.at("uid"), "anna");
  EXPECT_EQ(anna.at("mail"), R"(["a@corp.test","b@corp.test"])");
  EXPECT_EQ(anna.at("cn"), "Anna A") << "of several names the first by bytes, if none is in the entry's name";
  EXPECT_EQ(anna.at("employeeNumber"), "17");
  EXPECT_EQ(anna.at("manager"), R"(["uid=boss,ou=people,dc=meshgate,dc=test"])");
  EXPECT_EQ(anna.at("dn"), "uid=anna,ou=people,dc=meshgate,dc=test");
}

TEST(Entries, OfSeveralNamesTheOneInTheEntrysNameCounts) {
  Server server;
  server.add("cn=Zoe Anna," + server.people(), {{"objectClass", {"inetOrgPerson"}}, {"cn", {"Zoe Anna", "Anna"}}, {"sn", {"A"}}});
  EXPECT_EQ(only_one(server, people_of(server)).at("cn"), "Zoe Anna");
}

TEST(Entries, TheOrderOfValuesChangesNothing) {
  Server server;
  const std::string anna = server.add_person("anna", {{"mail", {"a@corp.test", "b@corp.test", "c@corp.test"}}});
  const auto before = only_one(server, people_of(server, {{"attributes", "mail"}}));
  server.replace(anna, {{"mail", {"c@corp.test", "a@corp.test", "b@corp.test"}}});
  EXPECT_EQ(only_one(server, people_of(server, {{"attributes", "mail"}})), before);
}

TEST(Entries, APhotoIsToldByHashTypeAndSize) {
  Server server;
  std::string photo = "\xff\xd8\xff\xe0";
  photo.resize(5U << 20U, 'x');
  const std::string anna = server.add_person("anna", {{"jpegPhoto", {photo}}});
  const auto large = only_one(server, people_of(server, {{"attributes", "jpegPhoto"}}));
  EXPECT_EQ(large.at("jpegPhoto"), R"([{"size":5242880,"type":"image/jpeg"}])");
  const auto hashed = only_one(server, people_of(server, {{"attributes", "jpegPhoto"}, {"largest_binary", "10000000"}}));
  EXPECT_THAT(hashed.at("jpegPhoto"), testing::MatchesRegex(R"(\[\{"sha256":"[0-9a-f]{64}","size":5242880,"type":"image/jpeg"\}\])"));
}

TEST(Entries, ALockSaysDisabled) {
  Server server({"--session-log", "100"});
  const std::string anna = server.add_person("anna");
  Reading reading(reader_of(server), people_of(server));
  ASSERT_TRUE(reading.read_all().ok());
  const auto disabled = [&] { return reading.seen.entries.begin()->second.at("disabled"); };
  EXPECT_EQ(disabled(), "false");
  server.replace(anna, {{"pwdAccountLockedTime", {"000001010000Z"}}});
  reading.read_until("the lock", [&] { return disabled() == "true"; });
  server.replace(anna, {{"pwdAccountLockedTime", {}}});
  reading.read_until("the end of the lock", [&] { return disabled() == "false"; });
  // Too many wrong passwords, which others can bring about, disable nobody.
  server.replace(anna, {{"pwdAccountLockedTime", {"20260101000000Z"}}, {"displayName", {"Other"}}});
  reading.read_until("the next change", [&] { return reading.seen.entries.begin()->second.contains("displayName"); });
  EXPECT_EQ(disabled(), "false");
}

TEST(Entries, EachWayOfShuttingSomebodyOutSaysDisabled) {
  Server server({"--session-log", "100"});
  const std::string anna = server.add_person("anna", {{"objectClass", {"inetOrgPerson", "shadowAccount", "testAccount"}}});
  for (const char* capture : {"sync", "poll"}) {
    Reading reading(reader_of(server), people_of(server, {{"capture", capture}}));
    ASSERT_TRUE(reading.read_all().ok());
    const auto disabled = [&] { return reading.seen.entries.begin()->second.at("disabled") == "true"; };
    for (const auto& [attribute, out, in] : std::vector<std::array<std::string, 3>>{{"pwdAccountLockedTime", "000001010000Z", ""},
                                                                                    {"shadowExpire", "1", "100000"},
                                                                                    {"nsAccountLock", "TRUE", "FALSE"},
                                                                                    {"loginDisabled", "TRUE", ""},
                                                                                    {"userAccountControl", "514", "512"},
                                                                                    {"accountExpires", "1", "9223372036854775807"}}) {
      SCOPED_TRACE(std::string(capture) + " " + attribute);
      server.replace(anna, {{attribute, {out}}});
      reading.read_until("disabled", disabled);
      server.replace(anna, {{attribute, in.empty() ? std::vector<std::string>{} : std::vector<std::string>{in}}});
      reading.read_until("not disabled any more", [&] { return !disabled(); });
    }
  }
}

TEST(Entries, ADateThatComesIsNoticedThoughNothingChanges) {
  Server server;
  const auto ticks = (std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count() + 2 + 11644473600) * 10000000;
  server.add_person("anna", {{"objectClass", {"inetOrgPerson", "testAccount"}}, {"accountExpires", {std::to_string(ticks)}}});
  for (const Settings& way : {Settings{{"capture", "sync"}, {"sweep", "1"}}, Settings{{"capture", "poll"}, {"overlap", "60000"}}}) {
    Reading reading(reader_of(server), people_of(server, way));
    const auto disabled = [&] { return !reading.seen.entries.empty() && reading.seen.entries.begin()->second.at("disabled") == "true"; };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!disabled() && std::chrono::steady_clock::now() < end) ASSERT_TRUE(reading.read().ok());
    EXPECT_TRUE(disabled());
  }
}

TEST(Entries, AGroupOfFiftyThousandIsWhole) {
  Server server;
  std::vector<std::string> members;
  for (int i = 0; i < 50000; ++i) members.push_back("uid=person" + std::to_string(i) + "," + server.people());
  server.add("cn=all,ou=groups," + server.suffix(), {{"objectClass", {"groupOfNames"}}, {"cn", {"all"}}, {"member", members}});
  const auto group = only_one(server, {{"base", "ou=groups," + server.suffix()}, {"filter", "(objectClass=groupOfNames)"}});
  const std::string& list = group.at("member");
  EXPECT_EQ(std::count(list.begin(), list.end(), '"'), 100000);
  EXPECT_THAT(list, testing::HasSubstr("\"uid=person49999,ou=people,dc=meshgate,dc=test\""));
}

TEST(Entries, FiveThousandAndOneAreAllShown) {
  Server server;
  for (int i = 0; i < 5001; ++i) server.add_person("p" + std::to_string(i));
  for (const char* capture : {"sync", "scan"}) {
    Reading reading(reader_of(server), people_of(server, {{"capture", capture}}));
    reading.read_until("the end of the scan", [&] { return reading.scanned; });
    EXPECT_EQ(reading.seen.entries.size(), 5001U) << capture;
    EXPECT_EQ(reading.seen.records, 5001U) << capture;
  }
}

}  // namespace

}  // namespace meshgate::ldap_test
