#pragma once

#include <string>

#include "tests/unit/serve/node_fixture.hpp"

namespace meshgate::serve::test {

/// A part of what the node has.
struct Slice {
  std::string feed;
  std::string partition;

  /// Stands in the content of each of its items, and nowhere else.
  [[nodiscard]] std::string secret() const { return feed + "." + partition + ".secret"; }
};

/// "orders" is everybody's; "sales" is read by partition; "audit" is closed and whole. A request says in X-Person who makes it.
class RightsFixture : public NodeFixture {
 protected:
  void SetUp() override {
    principal_ = [](const net::Request& request) -> Result<access::Principal> {
      const std::string name(request.fields.find("X-Person").value_or(""));
      if (name == "forged") return Error{Code::auth, "the token is not one of this node's"};
      return access::Principal{name, {}, {}};
    };
    NodeFixture::SetUp();
    audit_ = make_feed("audit", false);
    for (const auto& feed : {orders_, sales_, audit_}) tell_extra(*feed);
    put(*orders_, 1, 3, Slice{"orders", ""}.secret());
    put(*sales_, 1, 150, Slice{"sales", "north"}.secret(), "north");
    put(*sales_, 201, 203, Slice{"sales", "south"}.secret(), "south");
    put(*audit_, 1, 2, Slice{"audit", ""}.secret());
    access_->close("sales");
    access_->close("audit");
    access_->set_role_of_all(access::Role::none);
  }
  void TearDown() override {
    audit_.reset();
    NodeFixture::TearDown();
  }

  /// Forms that go by the schema show it too.
  static void tell_extra(store::Feed& feed) {
    const auto state = feed.state();
    Schema schema = state.schema;
    schema.fields.push_back({"extra", Type::text, true, 0, ""});
    EXPECT_TRUE(feed.define(schema, "rules", state.divided));
  }
  static std::string as(const std::string& person) { return person.empty() ? "" : "X-Person: " + person + "\r\n"; }
  [[nodiscard]] net::test::RawClient ask_sync(const std::string& person, const std::string& body) const {
    auto peer = client();
    peer.send("POST /sync HTTP/1.1\r\nHost: a\r\n" + as(person) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return peer;
  }
  [[nodiscard]] net::test::RawClient ask(const std::string& person, const std::string& target) const {
    auto peer = client();
    peer.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + as(person) + "\r\n");
    return peer;
  }

  std::shared_ptr<store::Feed> audit_;
};

}  // namespace meshgate::serve::test
