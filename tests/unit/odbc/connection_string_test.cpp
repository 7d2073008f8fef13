#include "connectors/odbc/connection_string.hpp"

#include <gtest/gtest.h>

#include "connectors/odbc/connection.hpp"

namespace meshgate::odbc {

TEST(ConnectionString, QuotesWhatHasSpecialCharacters) {
  ConnectionString fields;
  fields.set("DRIVER", "PostgreSQL Unicode");
  fields.set("server", "db.corp");
  fields.set("pwd", "a;b}c={d");
  fields.set("uid", " edge ");
  EXPECT_EQ(fields.text(Braces::standard), "DRIVER={PostgreSQL Unicode};server=db.corp;pwd={a;b}}c={d};uid={ edge }");
}

TEST(ConnectionString, AFieldCannotBecomeTwo) {
  ConnectionString fields;
  fields.set("database", "x;PWD=evil");
  EXPECT_EQ(fields.text(Braces::standard), "database={x;PWD=evil}");
  EXPECT_NE(fields.fault(Braces::none), "");
  EXPECT_EQ(fields.fault(Braces::standard), "");
}

TEST(ConnectionString, RefusesNamesThatAreNone) {
  for (const char* name : {"a;b", "a=b", "", "a{", "a b"}) {
    ConnectionString fields;
    fields.set(name, "x");
    EXPECT_NE(fields.fault(Braces::standard), "") << name;
  }
}

TEST(ConnectionString, TheUserOverrulesOurDefaults) {
  ConnectionString fields;
  fields.set("fetch", "100");
  fields.set_default("Fetch", "2000");
  fields.set_default("Other", "1");
  EXPECT_EQ(fields.text(Braces::standard), "fetch=100;Other=1");
}

TEST(ConnectionString, KnowsSecrets) {
  for (const char* name : {"pwd", "PWD", "Password", "sslpassword", "client_secret", "token"}) EXPECT_TRUE(is_secret(name)) << name;
  for (const char* name : {"uid", "server", "database"}) EXPECT_FALSE(is_secret(name)) << name;
}

TEST(Target, NamesTheDriversThatAreThere) {
  const mg_setting settings[] = {{sdk::borrow("driver"), sdk::borrow("Oracle")}};
  std::shared_ptr<const Target> target;
  const sdk::Status made = make_target(sdk::Settings(settings, 1), target);
  EXPECT_EQ(made.code, MG_CONFIG);
  EXPECT_NE(made.message.find("Oracle"), std::string::npos);
  EXPECT_NE(made.message.find("SQLite3"), std::string::npos) << made.message;
}

TEST(Target, MasksThePasswordAndTheWholeString) {
  const mg_setting settings[] = {{sdk::borrow("driver"), sdk::borrow("PostgreSQL Unicode")}, {sdk::borrow("pwd"), sdk::borrow("tiger7")}};
  std::shared_ptr<const Target> target;
  ASSERT_TRUE(make_target(sdk::Settings(settings, 2), target).ok());
  const sdk::Status said = target->status({"28P01", 0, "user x with password tiger7 in " + target->connection_string});
  EXPECT_EQ(said.code, MG_AUTH);
  EXPECT_EQ(said.message.find("tiger7"), std::string::npos) << said.message;
}

}  // namespace meshgate::odbc
