#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "connectors/ldap/cookie.hpp"

namespace meshgate::ldap {

namespace {

const std::string kOne = "20260105101509.000000Z#000000#000#000000";
const std::string kTwo = "20260105101510.000000Z#000000#001#000000";
const std::string kNewerTwo = "20260105101511.000000Z#000000#001#000000";

TEST(Cookies, KeepTheNewestOfEachWriter) {
  EXPECT_EQ(merged_cookie("rid=000,csn=" + kOne + ";" + kTwo, "rid=000,sid=001,csn=" + kNewerTwo), "rid=000,sid=001,csn=" + kOne + ";" + kNewerTwo);
  EXPECT_EQ(merged_cookie("rid=000,csn=" + kNewerTwo, "rid=000,csn=" + kTwo), "rid=000,csn=" + kNewerTwo) << "nothing goes back";
  EXPECT_EQ(merged_cookie("rid=000,csn=" + kOne, "rid=000,csn=" + kTwo), "rid=000,csn=" + kOne + ";" + kTwo);
}

TEST(Cookies, TellWhetherAServerLags) {
  using Numbers = std::vector<std::string>;
  const std::string read = "rid=000,csn=" + kOne + ";" + kTwo;
  EXPECT_FALSE(lags(read, Numbers{kOne, kTwo}));
  EXPECT_FALSE(lags(read, Numbers{kOne, kNewerTwo}));
  EXPECT_TRUE(lags(read, Numbers{kOne}));
  EXPECT_TRUE(lags("rid=000,csn=" + kNewerTwo, Numbers{kOne, kTwo}));
  EXPECT_FALSE(lags(read, {}));
  EXPECT_FALSE(lags("another server's", Numbers{kOne}));
}

TEST(Cookies, OfOtherServersAreTakenAsTheyAre) {
  EXPECT_EQ(merged_cookie("", "rid=000,csn=" + kOne), "rid=000,csn=" + kOne);
  EXPECT_EQ(merged_cookie("opaque one", "opaque two"), "opaque two");
  EXPECT_EQ(merged_cookie("rid=000,csn=" + kOne, "rid=000"), "rid=000");
  for (const char* odd : {"csn=", "csn=;", "csn=#", "csn=##", "csn=a#b", "csn=#;;#"}) EXPECT_EQ(merged_cookie("rid=000,csn=" + kOne, odd), odd) << odd;
}

}  // namespace

}  // namespace meshgate::ldap
