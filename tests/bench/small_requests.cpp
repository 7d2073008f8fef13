#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/bench/spent.hpp"

/// small_requests PORT PATH SECONDS [FIELD…]: asks again and again over 16 connections that stay open, each for the next one when it has its answer.
/// Prints {"rows":<answers>,"wall":…,"cpu":…}; ends with 1 when an answer is not 200 or 304.
namespace {

constexpr int kThreads = 2;
constexpr int kConnections = 8;  ///< of each thread

int connected(std::uint16_t port) {
  const int out = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int yes = 1;
  ::setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(out, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return out;
  std::perror("connect");
  std::exit(1);
}

/// The bytes of a whole answer at the front of `held`, 0: more is needed.
std::size_t whole(std::string_view held) {
  const auto end = held.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const auto at = held.substr(0, end).find("Content-Length: ");
  const std::size_t length = at == std::string_view::npos ? 0 : std::strtoull(held.data() + at + 16, nullptr, 10);
  return held.size() >= end + 4 + length ? end + 4 + length : 0;
}

bool answered(int connection, std::string& held) {
  char room[16384];
  for (;;) {
    if (const std::size_t size = whole(held); size > 0) {
      const bool good = held.starts_with("HTTP/1.1 200") || held.starts_with("HTTP/1.1 304");
      held.erase(0, size);
      return good;
    }
    const ssize_t got = ::recv(connection, room, sizeof room, 0);
    if (got <= 0) return false;
    held.append(room, static_cast<std::size_t>(got));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  std::string request = std::string("GET ") + argv[2] + " HTTP/1.1\r\nHost: bench\r\n";
  for (int i = 4; i < argc; ++i) request.append(argv[i]).append("\r\n");
  request += "\r\n";
  std::atomic<std::uint64_t> answers{0};
  std::atomic<bool> good{true};
  const meshgate::bench::Watch watch;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[3]));
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      std::vector<int> connections;
      std::vector<std::string> held(kConnections);
      for (int k = 0; k < kConnections; ++k) connections.push_back(connected(port));
      while (good && std::chrono::steady_clock::now() < end) {
        for (const int one : connections) static_cast<void>(::send(one, request.data(), request.size(), MSG_NOSIGNAL));
        for (std::size_t k = 0; k < held.size(); ++k) {
          if (!answered(connections[k], held[k])) good = false;
        }
        answers += kConnections;
      }
      for (const int one : connections) ::close(one);
    });
  }
  for (auto& one : threads) one.join();
  watch.print(answers);
  return good ? 0 : 1;
}
