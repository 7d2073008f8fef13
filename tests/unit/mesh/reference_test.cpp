#include "mesh/reference.hpp"

#include <gtest/gtest.h>

namespace meshgate {
namespace {

TEST(Reference, OfANameOnlyTheCaseOfAsciiLettersGoes) {
  EXPECT_EQ(reference("Alice"), "alice");
  EXPECT_EQ(reference(" a  b "), " a  b ");
  EXPECT_EQ(reference("J\xC3\x96RG"), "j\xC3\x96rg");
  EXPECT_EQ(reference(""), "");
}

TEST(Reference, ADistinguishedNameHasOneForm) {
  const std::string one = "cn=sales team,ou=groups,dc=corp";
  EXPECT_EQ(reference(one), one);
  EXPECT_EQ(reference("CN = Sales  Team , OU=Groups;DC= corp "), one);
  EXPECT_EQ(reference("  cn=sales team, ou=groups,dc=corp"), one);
  EXPECT_EQ(reference("cn=a + uid=b,dc=corp"), "cn=a+uid=b,dc=corp");
}

TEST(Reference, AnEscapeIsOneHoweverItIsWritten) {
  EXPECT_EQ(reference("cn=doe\\, jane,dc=corp"), "cn=doe\\2c jane,dc=corp");
  EXPECT_EQ(reference("cn=doe\\2C jane,dc=corp"), "cn=doe\\2c jane,dc=corp");
  EXPECT_EQ(reference("cn=\"doe, jane\",dc=corp"), "cn=doe\\2c\\20jane,dc=corp");
  EXPECT_EQ(reference("cn=j\\C3\\B6rg,dc=corp"), "cn=j\xC3\xB6rg,dc=corp");
  EXPECT_NE(reference("cn=a\\,b=c"), reference("cn=a,b=c")) << "an escaped comma parts nothing";
}

TEST(Reference, WhatEndsInTheMiddleIsTaken) {
  EXPECT_EQ(reference("cn=a\\"), "cn=a\\5c");
  EXPECT_EQ(reference("="), "=");
  EXPECT_EQ(reference("cn=\""), "cn=");
}

TEST(NamesIn, AnItemSaysWhatItIsCalled) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(names_in(R"({"disabled":false,"dn":"uid=ann,dc=corp","name":"ann"})"), (Texts{"ann", "uid=ann,dc=corp"}));
  EXPECT_EQ(names_in(R"({"dn":"uid=ann,dc=corp","name":""})"), (Texts{"uid=ann,dc=corp"}));
  EXPECT_EQ(names_in(R"({"name":4711})"), (Texts{"4711"}));
  for (const char* none : {"", "{}", "[1]", R"({"name":["ann"],"dn":null})", "{\"name\":"}) EXPECT_TRUE(names_in(none).empty()) << none;
}

}  // namespace
}  // namespace meshgate
