#include "tests/unit/net/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

#include "gateway/net/text.hpp"

namespace meshgate::net::test {

namespace {

int attempt(int fd, const sockaddr* to, socklen_t size) {
  const timeval patience{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd, to, size) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

std::string RawAnswer::field(std::string_view name) const {
  for (const auto& [own, value] : fields) {
    if (same_word(own, name)) return value;
  }
  return {};
}

RawClient RawClient::tcp(std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return RawClient(attempt(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&to), sizeof to));
}

RawClient RawClient::local(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(to.sun_path, sizeof to.sun_path - 1);
  return RawClient(attempt(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&to), sizeof to));
}

RawClient::~RawClient() { hang_up(); }

void RawClient::hang_up() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawClient::shrink_receive_buffer(int bytes) { setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes); }

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::fill() {
  char bytes[65536];
  const auto got = ::recv(fd_, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  held_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

bool RawClient::fill_to(std::size_t size) {
  while (held_.size() < size) {
    if (!fill()) return false;
  }
  return true;
}

std::string RawClient::take(std::size_t size) {
  fill_to(size);
  auto out = held_.substr(0, size);
  held_.erase(0, size);
  return out;
}

bool RawClient::closed() {
  if (!held_.empty()) return false;
  char byte;
  return ::recv(fd_, &byte, 1, 0) <= 0;
}

std::optional<std::string> RawClient::take_line() {
  for (;;) {
    const auto end = held_.find("\r\n");
    if (end != std::string::npos) {
      auto out = held_.substr(0, end);
      held_.erase(0, end + 2);
      return out;
    }
    if (!fill()) return std::nullopt;
  }
}

RawAnswer RawClient::receive_head() {
  RawAnswer out;
  const auto first = take_line();
  if (!first || first->size() < 12) return out;
  out.status = static_cast<unsigned>(std::strtoul(first->c_str() + 9, nullptr, 10));
  for (auto line = take_line(); line && !line->empty(); line = take_line()) {
    std::string_view value = *line;
    const auto name = take_until(value, ':');
    out.fields.emplace_back(name, trimmed(value));
  }
  return out;
}

bool RawClient::take_chunk(std::string& into) {
  const auto head = take_line();
  if (!head) return false;
  const std::size_t size = std::strtoull(head->c_str(), nullptr, 16);
  if (!fill_to(size + 2)) return false;
  into.append(held_, 0, size);
  held_.erase(0, size + 2);
  return size > 0;
}

RawAnswer RawClient::receive(bool head_only) {
  auto out = receive_head();
  if (out.status == 0 || head_only || out.status == 304 || out.status == 204 || out.status == 100) {
    out.whole = out.status != 0;
  } else if (out.field("Transfer-Encoding") == "chunked") {
    std::size_t before = 0;
    do {
      before = out.body.size();
    } while (take_chunk(out.body));
    out.whole = held_.empty() && out.body.size() == before;
  } else if (!out.field("Content-Length").empty()) {
    const std::size_t size = std::strtoull(out.field("Content-Length").c_str(), nullptr, 10);
    out.whole = fill_to(size);
    out.body = take(size);
  } else {
    while (fill()) {
    }
    out.body = std::exchange(held_, {});
    out.whole = true;
  }
  return out;
}

std::optional<std::string> RawClient::receive_line() {
  for (;;) {
    const auto end = body_held_.find('\n');
    if (end != std::string::npos) {
      auto out = body_held_.substr(0, end);
      body_held_.erase(0, end + 1);
      return out;
    }
    if (!take_chunk(body_held_)) return std::nullopt;
  }
}

RawAnswer RawClient::get(std::string_view target, std::string_view more_fields) {
  send("GET " + std::string(target) + " HTTP/1.1\r\nHost: here\r\n" + std::string(more_fields) + "\r\n");
  return receive();
}

}  // namespace meshgate::net::test
