#include "gateway/serve/same_origin.hpp"

#include <gtest/gtest.h>

namespace meshgate::serve {
namespace {

struct Case {
  const char* method;
  const char* site;    ///< null: not sent
  const char* origin;  ///< null: not sent
  bool own;
  bool surely;
};

TEST(SameOrigin, IsWhatTheBrowserSays) {
  for (const Case& one : {
           Case{"GET", "same-origin", nullptr, true, true},
           Case{"POST", "same-origin", "https://mesh.corp:7443", true, true},
           Case{"GET", "none", nullptr, true, true},
           Case{"POST", "none", nullptr, false, false},
           Case{"GET", "same-site", nullptr, false, false},
           Case{"GET", "cross-site", nullptr, false, false},
           Case{"POST", "cross-site", "https://mesh.corp:7443", false, false},
           Case{"GET", nullptr, "https://mesh.corp:7443", true, true},
           Case{"POST", nullptr, "https://mesh.corp:7443", true, true},
           Case{"POST", nullptr, "http://MESH.corp:7443", true, true},
           Case{"GET", nullptr, "https://mesh.corp", false, false},
           Case{"GET", nullptr, "https://evil.example", false, false},
           Case{"GET", nullptr, "https://mesh.corp:7443.evil.example", false, false},
           Case{"GET", nullptr, "null", false, false},
           Case{"GET", nullptr, nullptr, true, false},
           Case{"POST", nullptr, nullptr, false, false},
           Case{"DELETE", nullptr, nullptr, false, false},
       }) {
    net::Request request;
    request.method = one.method;
    request.fields.add("Host", "mesh.corp:7443");
    if (one.site != nullptr) request.fields.add("Sec-Fetch-Site", one.site);
    if (one.origin != nullptr) request.fields.add("Origin", one.origin);
    const std::string shown = std::string(one.method) + " " + (one.site ? one.site : "-") + " " + (one.origin ? one.origin : "-");
    EXPECT_EQ(from_own_pages(request), one.own) << shown;
    EXPECT_EQ(surely_from_own_pages(request), one.surely) << shown;
  }
}

TEST(Cookies, AreFoundByTheirWholeNameAndOnlyOnce) {
  net::Request request;
  request.fields.add("Cookie", "a=1; meshgate=two; xmeshgate=3;b");
  EXPECT_EQ(cookie(request, "meshgate"), "two");
  EXPECT_EQ(cookie(request, "a"), "1");
  EXPECT_FALSE(cookie(request, "mesh"));
  request.fields.add("Cookie", "meshgate=other");
  EXPECT_EQ(cookie(request, "meshgate"), "");
}

TEST(Cookies, AreHiddenFromScriptsAndOtherSites) {
  EXPECT_EQ(cookie_line("meshgate", "v", 60, true), "__Host-meshgate=v; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
  EXPECT_EQ(cookie_line("meshgate", "v", 60, false), "meshgate=v; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
}

}  // namespace
}  // namespace meshgate::serve
