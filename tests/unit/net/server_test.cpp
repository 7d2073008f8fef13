#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/unit/net/server_fixture.hpp"

namespace meshgate::net::test {
namespace {

using std::chrono::milliseconds;

class ServerTest : public ServerFixture {
 protected:
  void SetUp() override {
    char name[] = "/tmp/meshgate-net-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string folder_;
};

TEST_F(ServerTest, AnswersWithItsUsualFields) {
  start({});
  auto peer = client();
  const auto answer = peer.get("/echo?a=b%20c&d+e=%2b");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_NE(answer.body.find("a=b c\nd e=+\n"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.field("Vary"), "Accept-Encoding");
  EXPECT_TRUE(answer.field("Date").ends_with(" GMT"));
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()));
}

TEST_F(ServerTest, HeadIsGetWithoutBody) {
  start({});
  auto peer = client();
  peer.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = peer.receive(true);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_NE(answer.field("Content-Length"), "0");
  peer.send("HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.receive(true).status, 200U);
  EXPECT_EQ(peer.get("/echo").status, 200U);
}

TEST_F(ServerTest, TellsWhichMethodsWork) {
  start({});
  auto peer = client();
  peer.send("DELETE /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto refused = peer.receive();
  EXPECT_EQ(refused.status, 405U);
  EXPECT_EQ(refused.field("Allow"), "GET, HEAD, POST, OPTIONS");
  peer.send("OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto options = peer.receive();
  EXPECT_EQ(options.status, 204U);
  EXPECT_EQ(options.field("Allow"), "GET, HEAD, POST, OPTIONS");
}

TEST_F(ServerTest, SaysGoOnWhenAsked) {
  start({});
  auto peer = client();
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 100U);
  peer.send("abc");
  EXPECT_TRUE(peer.receive().body.ends_with("abc"));
}

TEST_F(ServerTest, ClosesWhenAsked) {
  start({});
  auto peer = client();
  EXPECT_EQ(peer.get("/echo", "Connection: x, Close\r\n").field("Connection"), "close");
  EXPECT_TRUE(peer.closed());
}

TEST_F(ServerTest, OldReadersGetNoChunks) {
  start({});
  auto peer = client();
  peer.send("GET /big?size=200000 HTTP/1.0\r\nHost: a\r\n\r\n");
  const auto answer = peer.receive();
  EXPECT_EQ(answer.field("Transfer-Encoding"), "");
  EXPECT_EQ(answer.body.size(), 200000U);
}

TEST_F(ServerTest, AHandlerThatThrowsIsAnsweredFor) {
  start({});
  auto peer = client();
  EXPECT_EQ(peer.get("/throw").status, 500U);
  EXPECT_TRUE(peer.closed());
}

TEST_F(ServerTest, ASlowHeaderIsCut) {
  ServerOptions options;
  options.header_time = milliseconds(100);
  start(options);
  auto peer = client();
  peer.send("GET /echo HTTP/1.1\r\n");
  EXPECT_EQ(peer.receive().status, 408U);
  EXPECT_TRUE(peer.closed());
  EXPECT_TRUE(client().closed());  // one that says nothing at all gets nothing
}

TEST_F(ServerTest, ASlowBodyIsCut) {
  ServerOptions options;
  options.body_time = milliseconds(100);
  start(options);
  auto peer = client();
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
  EXPECT_EQ(peer.receive().status, 408U);
  EXPECT_TRUE(peer.closed());
}

TEST_F(ServerTest, AnIdleConnectionIsClosed) {
  ServerOptions options;
  options.idle_time = milliseconds(100);
  start(options);
  auto peer = client();
  EXPECT_EQ(peer.get("/echo").status, 200U);
  EXPECT_TRUE(peer.closed());
}

TEST_F(ServerTest, AReaderThatTakesNothingIsCut) {
  ServerOptions options;
  options.write_time = milliseconds(200);
  start(options);
  auto peer = client();
  peer.shrink_receive_buffer(4096);
  peer.send("GET /big?size=1000000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  // The server gives up by itself: its gauge goes to zero although the peer neither reads nor leaves.
  auto& open = metrics_.gauge("meshgate_http_connections", "Open connections.");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (open.value() < 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  while (open.value() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(open.value(), 0);
}

TEST_F(ServerTest, TooManyConnectionsAreTurnedAway) {
  ServerOptions options;
  options.connections = 2;
  start(options);
  auto one = client();
  auto two = client();
  EXPECT_EQ(one.get("/echo").status, 200U);
  EXPECT_EQ(two.get("/echo").status, 200U);
  const auto answer = client().get("/echo");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.field("Retry-After"), "5");
}

TEST_F(ServerTest, TooManyFromOneAddressAreTurnedAway) {
  ServerOptions options;
  options.connections_per_address = 1;
  start(options);
  auto one = client();
  EXPECT_EQ(one.get("/echo").status, 200U);
  const auto answer = client().get("/echo");
  EXPECT_EQ(answer.status, 429U);
  EXPECT_FALSE(answer.field("Retry-After").empty());
}

TEST_F(ServerTest, DrainingEndsIdleConnectionsAndLongAnswers) {
  start({});
  auto idle = client();
  EXPECT_EQ(idle.get("/echo").status, 200U);
  auto hanging = client();
  hanging.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  auto second = client();
  EXPECT_EQ(second.get("/echo").status, 200U);  // the server is past accepting the others
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  EXPECT_TRUE(idle.closed());
  const auto answer = hanging.receive();
  // It either came before the drain or was closed as idle; never half an answer.
  EXPECT_TRUE(answer.status == 0 || answer.body == "draining") << answer.body;
  drain.join();
  EXPECT_FALSE(client().connected());
}

TEST_F(ServerTest, ARequestThatComesWhileItDrainsIsAnswered) {
  start({});
  auto idle = client();
  EXPECT_EQ(idle.get("/echo").status, 200U);
  auto hanging = client();
  hanging.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  auto second = client();
  EXPECT_EQ(second.get("/echo").status, 200U);  // the server is past accepting the others
  std::thread drain([this] { server_->drain(std::chrono::seconds(10)); });
  (void)hanging.receive();  // the draining has begun
  const auto answer = idle.get("/echo");
  // On a machine that stands still for a quarter of a second it came too late; never half an answer.
  EXPECT_TRUE(answer.status == 0 || (answer.status == 200 && answer.field("Connection") == "close")) << answer.status;
  EXPECT_TRUE(idle.closed());
  drain.join();
}

TEST_F(ServerTest, GoesAtOnceWithConnectionsOpen) {
  start({});
  auto hanging = client();
  hanging.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  auto big = client();
  big.send("GET /big?size=1000000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(big.receive_head().status, 200U);
  server_.reset();
  SUCCEED();
}

TEST_F(ServerTest, TheUnixSocketIsTheAdministrators) {
  ServerOptions options;
  options.administration_socket = folder_ + "/admin.sock";
  start(options);
  struct stat found {};
  ASSERT_EQ(::stat(options.administration_socket.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_NE(RawClient::local(options.administration_socket).get("/echo").body.find("administrator"), std::string::npos);
  EXPECT_NE(client().get("/echo").body.find("reader"), std::string::npos);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(options.administration_socket));
}

TEST_F(ServerTest, AStaleSocketIsReplacedAndALiveOneIsNot) {
  ServerOptions options;
  options.administration_socket = folder_ + "/admin.sock";
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  options.administration_socket.copy(at.sun_path, sizeof at.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ::close(fd);
  start(options);
  const auto again = Server::start(options, Router(), loops_, log_, metrics_);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("another process"), std::string::npos) << again.error().message;
}

TEST_F(ServerTest, AFileThatIsNoSocketStays) {
  ServerOptions options;
  options.administration_socket = folder_ + "/file";
  std::ofstream(options.administration_socket) << "keep";
  const auto refused = Server::start(options, Router(), loops_, log_, metrics_);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(std::filesystem::exists(options.administration_socket));
}

TEST_F(ServerTest, ABadAddressIsAnErrorWithWords) {
  ServerOptions options;
  options.address = "nowhere";
  const auto refused = Server::start(options, Router(), loops_, log_, metrics_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::config);
}

TEST_F(ServerTest, ATakenPortIsAnErrorWithWords) {
  start({});
  ServerOptions options;
  options.port = server_->port();
  const auto refused = Server::start(options, Router(), loops_, log_, metrics_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
}

TEST_F(ServerTest, CountsRequestsByRouteAndStatus) {
  start({});
  auto peer = client();
  peer.get("/echo");
  peer.get("/nothing");
  peer.get("/big");  // an answer is counted before the next request of its connection is read
  const auto text = metrics_.text();
  EXPECT_NE(text.find("meshgate_http_requests_total{route=\"/echo\",status=\"2xx\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("meshgate_http_requests_total{route=\"none\",status=\"4xx\"} 1"), std::string::npos) << text;
}

TEST_F(ServerTest, TellsHowLateEachLoopIs) {
  start({});
  const auto text = metrics_.text();
  EXPECT_NE(text.find("meshgate_loop_lag_seconds{loop=\"0\"} "), std::string::npos) << text;
  EXPECT_NE(text.find("meshgate_loop_lag_seconds{loop=\"1\"} "), std::string::npos) << text;
}

TEST_F(ServerTest, BlockingOnALoopEndsTheProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        start({});
        client().get("/block");
      },
      "must never block");
}

}  // namespace
}  // namespace meshgate::net::test
