#include <fstream>

#include "gateway/net/text.hpp"
#include "tests/unit/net/server_fixture.hpp"

namespace meshgate::net::test {
namespace {

struct Case {
  std::string name;
  unsigned status = 0;
  bool keep = false;
  std::string bytes;
};

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      case 'x':
        out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
        i += 2;
        break;
      default: out += text[i];
    }
  }
  return out;
}

void append_bytes(std::string& out, std::string_view line) {
  if (!line.starts_with("repeat ")) {
    out += unescape(line);
    return;
  }
  line.remove_prefix(7);
  const auto space = line.rfind(' ');
  const int times = std::stoi(std::string(line.substr(space + 1)));
  for (int i = 0; i < times; ++i) out += unescape(line.substr(0, space));
}

std::vector<Case> read_cases() {
  std::ifstream in(std::string(MESHGATE_NET_TESTS) + "/requests.txt");
  std::vector<Case> out;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) inside = false;
    if (line.empty() || (!inside && line.starts_with('#'))) continue;
    if (inside) {
      append_bytes(out.back().bytes, line);
      continue;
    }
    inside = true;
    const auto colon = line.find(": ");
    out.push_back({line.substr(0, colon), static_cast<unsigned>(std::stoul(line.substr(colon + 2, 3))), line.ends_with(" keep"), {}});
  }
  return out;
}

class Requests : public ServerFixture {};

TEST_F(Requests, GetTheStatusTheyDeserve) {
  start(small_limits());
  const auto cases = read_cases();
  ASSERT_GT(cases.size(), 60U);
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    auto peer = client();
    peer.send(one.bytes);
    const auto answer = peer.receive();
    EXPECT_EQ(answer.status, one.status) << answer.body;
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.field("Meshgate-Protocol"), "1");
    if (answer.status >= 400) {
      EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
    }
    if (one.keep) {
      EXPECT_EQ(peer.get("/echo").status, 200U);
    } else {
      EXPECT_EQ(answer.field("Connection"), "close");
      EXPECT_TRUE(peer.closed());
    }
  }
}

TEST_F(Requests, ArriveByteByByte) {
  start(small_limits());
  for (const auto& one : read_cases()) {
    if (one.bytes.size() > 200) continue;
    SCOPED_TRACE(one.name);
    auto peer = client();
    for (const char byte : one.bytes) {
      if (!peer.send(std::string_view(&byte, 1))) break;
    }
    EXPECT_EQ(peer.receive().status, one.status);
  }
}

TEST_F(Requests, TrailersAreNoFields) {
  start(small_limits());
  auto peer = client();
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-User: admin\r\nAuthorization: evil\r\n\r\n");
  const auto answer = peer.receive();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body.find("admin"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.body.find("evil"), std::string::npos) << answer.body;
}

TEST_F(Requests, PipelinedAreAnsweredInOrder) {
  start({});
  auto peer = client();
  std::string all;
  for (int i = 0; i < 50; ++i) all += "POST /echo?n=" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  peer.send(all);
  for (int i = 0; i < 50; ++i) {
    const auto answer = peer.receive();
    EXPECT_EQ(answer.status, 200U);
    EXPECT_NE(answer.body.find("n=" + std::to_string(i) + "\n"), std::string::npos);
  }
}

}  // namespace
}  // namespace meshgate::net::test
