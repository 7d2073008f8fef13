#include <gtest/gtest.h>

#include "connectors/ldap/schema.hpp"

namespace meshgate::ldap {

namespace {

Schema some() {
  Schema out;
  for (const char* type : {"( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )", "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )",
                           "( 2.5.4.35 NAME 'userPassword' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40{128} )", "( 1.1.1 NAME 'otherPassword' SUP userPassword )", "( 1.1.2 NAME 'third' SUP otherPassword )",
                           "( 2.5.4.49 NAME 'distinguishedName' SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )", "( 2.5.4.31 NAME 'member' SUP distinguishedName )",
                           "( 0.9.2342.19200300.100.1.60 NAME 'jpegPhoto' SYNTAX 1.3.6.1.4.1.1466.115.121.1.28 )", "( 1.1.3 NAME 'number' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )",
                           "( 1.1.4 NAME 'circle' SUP round )", "( 1.1.5 NAME 'round' SUP circle )", "nonsense"}) {
    out.add(type);
  }
  out.settle();
  return out;
}

TEST(SchemaOfAServer, KnowsAnAttributeByEachOfItsNames) {
  const Schema schema = some();
  for (const char* name : {"cn", "CN", "commonname", "2.5.4.3"}) {
    ASSERT_NE(schema.find(name), nullptr) << name;
    EXPECT_EQ(schema.find(name)->name, "cn");
  }
  EXPECT_EQ(schema.find("colour"), nullptr);
}

TEST(SchemaOfAServer, TakesFromTheSuperiorWhatATypeDoesNotSay) {
  const Schema schema = some();
  EXPECT_EQ(schema.find("member")->syntax, Syntax::name);
  EXPECT_EQ(schema.find("cn")->syntax, Syntax::text);
  EXPECT_EQ(schema.find("jpegPhoto")->syntax, Syntax::binary);
  EXPECT_TRUE(schema.find("number")->single);
  EXPECT_FALSE(schema.find("cn")->single);
  EXPECT_NE(schema.find("circle"), nullptr) << "a circle of types ends";
}

TEST(SchemaOfAServer, RefusesWhatIsMadeFromAPassword) {
  const Schema schema = some();
  for (const char* name : {"userPassword", "otherPassword", "third"}) EXPECT_TRUE(schema.find(name)->refused) << name;
  EXPECT_FALSE(schema.find("cn")->refused);
}

TEST(RefusedNames, ArePasswordsHashesAndKeys) {
  for (const char* name : {"userPassword", "USERPASSWORD", "authPassword", "unicodePwd", "sambaNTPassword", "krbPrincipalKey", "ms-Mcs-AdmPwd", "msLAPS-EncryptedPassword", "2.5.4.35"}) {
    EXPECT_TRUE(refused_name(name)) << name;
  }
  for (const char* name : {"uid", "member", "pwdAccountLockedTime"}) EXPECT_FALSE(refused_name(name)) << name;
}

}  // namespace

}  // namespace meshgate::ldap
