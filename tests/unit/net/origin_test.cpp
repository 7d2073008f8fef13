#include <gtest/gtest.h>

#include "gateway/net/origin.hpp"

namespace meshgate::net {
namespace {

using boost::asio::ip::make_address;

struct Case {
  const char* peer;
  std::vector<std::string> forwarded;
  const char* asker;
};

TEST(Origin, OnlyProxiesAreBelieved) {
  const std::vector<Network> proxies{*Network::parse("10.0.0.0/8"), *Network::parse("fd00::/8"), *Network::parse("127.0.0.1")};
  const std::vector<Case> cases{
      {"192.0.2.1", {"198.51.100.7"}, "192.0.2.1"},                            // not a proxy: what it says does not count
      {"10.1.1.1", {}, "10.1.1.1"},                                            // a proxy for itself
      {"10.1.1.1", {"198.51.100.7"}, "198.51.100.7"},                          // one hop
      {"10.1.1.1", {"6.6.6.6, 198.51.100.7"}, "198.51.100.7"},                 // what stands before is anybody's word
      {"10.1.1.1", {"6.6.6.6", "198.51.100.7"}, "198.51.100.7"},               // two fields are one list
      {"10.1.1.1", {"198.51.100.7, 10.2.2.2"}, "198.51.100.7"},                // proxy behind proxy
      {"10.1.1.1", {"10.9.9.9, 10.2.2.2"}, "10.9.9.9"},                        // proxies all the way
      {"10.1.1.1", {"198.51.100.7, unknown"}, "10.1.1.1"},                     // no address: the search ends
      {"10.1.1.1", {"198.51.100.7, "}, "10.1.1.1"},                            // nothing is no address either
      {"10.1.1.1", {"198.51.100.7:4711"}, "198.51.100.7"},                     // with a port
      {"fd00::1", {"[2001:db8::7]:4711"}, "2001:db8::7"},                      // the same in IPv6
      {"::ffff:10.1.1.1", {"::ffff:198.51.100.7"}, "198.51.100.7"},            // IPv4 through an IPv6 socket
      {"127.0.0.1", {"fe80::1%eth0"}, "127.0.0.1"},                            // a zone is a matter of another machine
  };
  for (const auto& one : cases) {
    Fields fields;
    for (const auto& value : one.forwarded) fields.add("x-forwarded-for", value);
    EXPECT_EQ(asker(make_address(one.peer), fields, proxies).to_string(), one.asker) << one.peer << " " << testing::PrintToString(one.forwarded);
  }
}

TEST(Origin, NetworksAreReadStrictly) {
  for (const char* good : {"10.0.0.0/8", "0.0.0.0/0", "::/0", "1.2.3.4", "1.2.3.4/32", "2001:db8::/32", "::1/128"}) EXPECT_TRUE(Network::parse(good)) << good;
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "::/129", "10.0.0.0/8 ", "10.0.0.0/+8", "corp", "10.0.0.0/8/8", "10.0.0.0/-1", "fe80::1%eth0"}) {
    EXPECT_FALSE(Network::parse(bad)) << bad;
  }
}

TEST(Origin, NetworksContain) {
  const auto ten = *Network::parse("10.128.0.0/9");
  EXPECT_TRUE(ten.contains(make_address("10.128.0.1")));
  EXPECT_TRUE(ten.contains(make_address("::ffff:10.255.255.255")));
  EXPECT_FALSE(ten.contains(make_address("10.127.255.255")));
  EXPECT_FALSE(ten.contains(make_address("::1")));
  EXPECT_TRUE(Network::parse("2001:db8::/33")->contains(make_address("2001:db8:7fff::1")));
  EXPECT_FALSE(Network::parse("2001:db8::/33")->contains(make_address("2001:db8:8000::1")));
}

TEST(Origin, SixCountsByItsSubnet) {
  EXPECT_EQ(counted(make_address("2001:db8:1:2:3:4:5:6")), counted(make_address("2001:db8:1:2:ffff::1")));
  EXPECT_NE(counted(make_address("2001:db8:1:2::1")), counted(make_address("2001:db8:1:3::1")));
  EXPECT_EQ(counted(make_address("::ffff:192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(counted(make_address("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
}

}  // namespace
}  // namespace meshgate::net
