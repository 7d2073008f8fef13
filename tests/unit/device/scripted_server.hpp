#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace meshgate::test {

/// What a scripted answer is written to.
class Wire {
 public:
  explicit Wire(int socket) : socket_(socket) {}

  /// False when the other side is gone.
  bool raw(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool head(int status, std::string_view fields = {}) {
    std::string out = "HTTP/1.1 " + std::to_string(status) + " X\r\nMeshgate-Protocol: 1\r\n";
    return raw(out.append(fields).append("\r\n"));
  }
  bool whole(int status, std::string_view body, std::string_view fields = {}) {
    return head(status, "Content-Length: " + std::to_string(body.size()) + "\r\n" + std::string(fields)) && raw(body);
  }
  bool chunk(std::string_view bytes) {
    char size[24];
    const int length = std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    return raw({size, static_cast<std::size_t>(length)}) && raw(bytes) && raw("\r\n");
  }
  bool chunked(int status, std::string_view fields = {}) { return head(status, "Transfer-Encoding: chunked\r\n" + std::string(fields)); }
  bool last_chunk() { return raw("0\r\n\r\n"); }
  /// Blocks until the other side closes.
  void until_closed() {
    char byte = 0;
    while (::recv(socket_, &byte, 1, 0) > 0) {
    }
  }
  void close() { ::shutdown(socket_, SHUT_RDWR); }

 private:
  int socket_;
};

/// A real HTTP server over plain sockets whose answers a test writes byte by byte: for what no well-behaved server can be made to do.
/// One thread per connection; the connection stays open until the script closes it.
class ScriptedServer {
 public:
  /// `answer(head, wire)`: the request's head as it came; its body is passed over.
  using Script = std::function<void(const std::string& head, Wire& wire)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0) std::abort();
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    stop_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    {
      const std::lock_guard guard(mutex_);
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& session : sessions_) session.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept_all() {
    while (!stop_) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      ++connections_;
      const std::lock_guard guard(mutex_);
      sockets_.insert(socket);
      sessions_.emplace_back([this, socket] { serve(socket); });
    }
  }
  static std::size_t body_of(const std::string& head) {
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = head.find(kLength);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + kLength.size()));
  }
  void serve(int socket) {
    Wire wire(socket);
    std::string in;
    char buffer[4096];
    for (;;) {
      const std::size_t end = in.find("\r\n\r\n");
      const std::size_t body = end == std::string::npos ? 0 : body_of(in.substr(0, end + 2));
      if (end != std::string::npos && in.size() >= end + 4 + body) {
        const std::string head = in.substr(0, end + 4);
        in.erase(0, end + 4 + body);
        script_(head, wire);
        continue;
      }
      const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      in.append(buffer, static_cast<std::size_t>(got));
    }
    const std::lock_guard guard(mutex_);
    sockets_.erase(socket);
    ::close(socket);
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> connections_{0};
  std::thread acceptor_;
  std::mutex mutex_;
  std::set<int> sockets_;
  std::vector<std::thread> sessions_;
};

}  // namespace meshgate::test
