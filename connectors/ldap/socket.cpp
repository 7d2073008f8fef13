#include "connectors/ldap/socket.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace meshgate::ldap {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kLookAgainMs = 100;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// 0, or what errno says.
int finish(int socket, Clock::time_point end, const std::function<bool()>& cancelled) {
  while (true) {
    if (cancelled()) return ECANCELED;
    if (Clock::now() >= end) return ETIMEDOUT;
    pollfd waiting{socket, POLLOUT, 0};
    if (::poll(&waiting, 1, kLookAgainMs) <= 0) continue;
    int failed = 0;
    socklen_t size = sizeof failed;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 ? failed : errno;
  }
}

void prepare(int socket, std::chrono::milliseconds silence) {
  const int on = 1;
  const auto most = static_cast<unsigned>(silence.count());
  ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &most, sizeof most);
}

int connect_to(const addrinfo& address, Clock::time_point end, std::chrono::milliseconds silence, const std::function<bool()>& cancelled, int& out) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return errno;
  prepare(socket, silence);
  int failed = ::connect(socket, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (failed == EINPROGRESS) failed = finish(socket, end, cancelled);
  if (failed != 0) {
    ::close(socket);
    return failed;
  }
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) & ~O_NONBLOCK);
  out = socket;
  return 0;
}

}  // namespace

void Sockets::add(int socket) {
  const std::lock_guard lock(mutex_);
  open_.insert(socket);
  if (shut_) ::shutdown(socket, SHUT_RDWR);
}

void Sockets::remove(int socket) {
  const std::lock_guard lock(mutex_);
  open_.erase(socket);
}

void Sockets::shut_down() {
  const std::lock_guard lock(mutex_);
  shut_ = true;
  for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
}

sdk::Status reach(const std::string& host, int port, std::chrono::milliseconds patience, std::chrono::milliseconds silence, const std::function<bool()>& cancelled, int& out) {
  const auto end = Clock::now() + patience;
  const std::string place = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); failed != 0) {
    const bool passing = failed == EAI_AGAIN;
    return sdk::failure(passing ? MG_RETRY : MG_CONFIG, "server " + place + " has no address (" + ::gai_strerror(failed) + "); check url: and the name server");
  }
  const std::unique_ptr<addrinfo, FreeAddresses> owned(found);
  int failed = ETIMEDOUT;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    failed = connect_to(*address, end, silence, cancelled, out);
    if (failed == 0) return {};
    if (failed == ECANCELED) return sdk::failure(MG_CANCELLED, "cancelled");
  }
  return sdk::failure(MG_RETRY, "server " + place + " cannot be reached (" + std::strerror(failed) + "); check that it runs and that nothing in between stops it");
}

bool is_local(int socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
  if (peer.ss_family == AF_INET) return (ntohl(reinterpret_cast<const sockaddr_in&>(peer).sin_addr.s_addr) >> 24U) == 127U;
  if (peer.ss_family == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr);
  return false;
}

}  // namespace meshgate::ldap
