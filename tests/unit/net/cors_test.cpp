#include "gateway/net/cors.hpp"

#include <gtest/gtest.h>

namespace meshgate::net {
namespace {

Request from(const char* origin) {
  Request out;
  out.method = "GET";
  if (*origin != '\0') out.fields.add("Origin", origin);
  return out;
}

std::string text(const Cors& cors, const Request& request) {
  Fields fields;
  cors.add_to(request, fields);
  std::string out;
  for (const auto& [name, value] : fields.all()) out.append(name).append(": ").append(value).append("\n");
  return out;
}

TEST(CorsTest, NamedOriginsMayReadAndMayBeSignedIn) {
  const Cors cors({"https://app.corp", "http://localhost:8080"});
  const auto allowed = text(cors, from("https://app.corp"));
  EXPECT_NE(allowed.find("Access-Control-Allow-Origin: https://app.corp\n"), std::string::npos) << allowed;
  EXPECT_NE(allowed.find("Access-Control-Allow-Credentials: true\n"), std::string::npos);
  EXPECT_NE(allowed.find("Access-Control-Expose-Headers: ETag"), std::string::npos);
  for (const char* other : {"https://evil.example", "https://app.corp.evil.example", "http://app.corp", "null", ""}) {
    EXPECT_EQ(text(cors, from(other)), "Vary: Origin\n") << other;
  }
}

TEST(CorsTest, AnyPageIsNeverSignedIn) {
  const Cors cors({"*"});
  const auto allowed = text(cors, from("https://anywhere.example"));
  EXPECT_NE(allowed.find("Access-Control-Allow-Origin: *\n"), std::string::npos) << allowed;
  EXPECT_EQ(allowed.find("Credentials"), std::string::npos);
}

TEST(CorsTest, SaysNothingUnlessConfigured) { EXPECT_EQ(text(Cors(), from("https://app.corp")), ""); }

TEST(CorsTest, OriginsAreReadStrictly) {
  for (const char* good : {"*", "https://app.corp", "http://localhost:8080", "https://[::1]:8443"}) EXPECT_TRUE(Cors::well_formed(good)) << good;
  for (const char* bad : {"", "app.corp", "https://", "https://app.corp/", "https://App.corp", "https://*.corp", "ftp://app.corp", "https://a b", "https://app.corp:"}) {
    EXPECT_FALSE(Cors::well_formed(bad)) << bad;
  }
}

}  // namespace
}  // namespace meshgate::net
