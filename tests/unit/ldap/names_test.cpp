#include <gtest/gtest.h>

#include "connectors/ldap/dn.hpp"
#include "connectors/ldap/position.hpp"
#include "connectors/ldap/times.hpp"
#include "connectors/ldap/uuid.hpp"

namespace meshgate::ldap {

namespace {

TEST(Names, HaveOneForm) {
  const std::string anna = "uid=anna,ou=people,dc=corp,dc=test";
  for (const char* same : {"uid=anna,ou=people,dc=corp,dc=test", "UID=Anna,OU=People,DC=corp,DC=test", "uid = anna , ou=people,dc=corp,  dc=test", "uid=anna;ou=people;dc=corp;dc=test"}) {
    EXPECT_EQ(normal_dn(same), anna) << same;
  }
  EXPECT_EQ(normal_dn("cn=Lind\\, Ann,dc=corp"), normal_dn("CN=\"Lind, Ann\",DC=corp"));
  EXPECT_NE(normal_dn("cn=Lind\\, Ann,dc=corp"), normal_dn("cn=Lind,cn=Ann,dc=corp"));
  EXPECT_EQ(normal_dn("no name"), "no name");
  EXPECT_EQ(normal_dn(""), "");
  EXPECT_EQ(normal_dn(normal_dn("cn=J\xc3\xb6rg \\+ Co,dc=corp")), normal_dn("CN=J\xc3\xb6rg \\+ Co,dc=corp"));
}

TEST(Names, BeginWithTheirOwnPart) {
  EXPECT_EQ(first_part("uid=anna,dc=corp"), "uid=anna");
  EXPECT_EQ(first_part("cn=lind\\, ann,dc=corp"), "cn=lind\\, ann");
  EXPECT_EQ(first_part("dc=corp"), "dc=corp");
  EXPECT_EQ(first_part("odd\\"), "odd\\");
}

TEST(Names, AreHarmlessInAFilter) {
  EXPECT_EQ(escaped("anna"), "anna");
  EXPECT_EQ(escaped("*)(uid=\\"), "\\2a\\29\\28uid=\\5c");
  EXPECT_EQ(escaped(std::string_view("\0\xc3", 2)), "\\00\\c3");
}

TEST(Uuids, AreWrittenAsTheServerWritesThem) {
  Uuid uuid{};
  for (size_t i = 0; i < uuid.size(); ++i) uuid[i] = static_cast<unsigned char>(i * 17);
  EXPECT_EQ(text_of(uuid), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_FALSE(uuid_of("short"));
}

TEST(Times, AreThoseOfTheServer) {
  EXPECT_EQ(micros_of("20260105101509Z"), 1767608109000000);
  EXPECT_EQ(generalized_time(1767608109), "20260105101509Z");
  EXPECT_EQ(micros_of("20260105101509.123456Z"), 1767608109000000);
  for (const char* wrong : {"", "Z", "20261305101509Z", "2026010510150", "20260105101509+0100", "x0260105101509Z"}) EXPECT_FALSE(micros_of(wrong)) << wrong;
}

TEST(Positions, AreReadAsTheyWereWritten) {
  Position at{.capture = Capture::poll, .scanning = true, .trail = {.count = 500, .hash = 0x9ae16a3b2f90404fU}, .scanned_s = 17, .mark = "20260105101509Z"};
  EXPECT_EQ(at.text(), "1 poll scan 500 9ae16a3b2f90404f 17 20260105101509Z");
  const auto again = Position::parse(at.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), at.text());
  at.mark = std::string("any bytes \0 at all ", 19);
  EXPECT_EQ(Position::parse(at.text())->mark, at.mark);
  for (const char* wrong : {"", "1", "2 poll scan 0 0 0 x", "1 guess scan 0 0 0 x", "1 poll rest 0 0 0 x", "1 poll scan -1 0 0 x", "1 poll scan 0 0"}) EXPECT_FALSE(Position::parse(wrong)) << wrong;
}

}  // namespace

}  // namespace meshgate::ldap
