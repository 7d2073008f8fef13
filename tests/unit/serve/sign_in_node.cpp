#include "tests/unit/serve/sign_in_node.hpp"

namespace meshgate::serve::test {

void SignInNode::SetUp() {
  auto opened = access::SignIn::open({access_folder_.path() + "/access", "test"}, options_, people_.people(), access_log_, metrics_);
  ASSERT_TRUE(opened) << opened.error().message;
  opened_ = std::move(*opened);
  desk_ = std::make_unique<SignInDesk>(*opened_, pool_, access_log_, false);
  net::Router router;
  desk_->add_routes(router);
  net::ServerOptions server;
  server.administration_socket = access_folder_.path() + "/admin.sock";
  auto started = net::Server::start(server, std::move(router), loops_, access_log_, metrics_);
  ASSERT_TRUE(started) << started.error().message;
  server_ = std::move(*started);
}

void SignInNode::TearDown() { server_.reset(); }

net::test::RawAnswer SignInNode::ask(std::string_view method, std::string_view target, std::string_view fields, std::string_view body) const {
  auto client = this->client();
  std::string request(method);
  request.append(" ").append(target).append(" HTTP/1.1\r\nHost: node\r\n").append(fields);
  if (!body.empty() || method == "POST") request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  client.send(request.append("\r\n").append(body));
  return client.receive();
}

net::test::RawAnswer SignInNode::token(const std::string& body, std::string_view type) const {
  return ask("POST", "/auth/token", "Content-Type: " + std::string(type) + "\r\n", body);
}

net::test::RawAnswer SignInNode::password(const std::string& name, const std::string& password) const {
  return token(R"({"grant_type":"password","username":")" + name + R"(","password":")" + password + R"(","device":"phone"})");
}

SignInNode::Given SignInNode::given(const std::string& name, const std::string& password) const {
  const auto answer = this->password(name, password);
  EXPECT_EQ(answer.status, 200U) << answer.body;
  return {member(answer.body, "access_token"), member(answer.body, "refresh_token"), member(answer.body, "device")};
}

std::string SignInNode::member(const std::string& json, const std::string& name) {
  const std::string before = "\"" + name + "\":\"";
  const auto at = json.find(before);
  if (at == std::string::npos) return {};
  const auto from = at + before.size();
  return json.substr(from, json.find('"', from) - from);
}

}  // namespace meshgate::serve::test
