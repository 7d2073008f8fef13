// A whole /changes of 300,000 lines to one reader, beside nginx sending the same bytes from a file (sendfile), and beside the same with rights to be
// looked up for who reads, in one run.

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gateway/net/loops.hpp"
#include "gateway/serve/serve.hpp"
#include "tests/unit/serve/stated_access.hpp"

namespace {

using namespace meshgate;
using std::chrono::steady_clock;

constexpr int kLines = 300000;
constexpr int kRounds = 7;

struct NoSources final : serve::SourceStatus {
  std::optional<serve::SourceState> of(std::string_view) const override { return std::nullopt; }
};

int dial(std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
  ::close(fd);
  return -1;
}

struct Reading {
  std::uint64_t bytes = 0;
  double seconds = 0;
};

/// Reads one answer to its end; keeps it in `into` when that is given.
Reading read_all(std::uint16_t port, const std::string& target, const std::string& fields, std::ofstream* into = nullptr) {
  static std::vector<char> room(std::size_t{256} << 10U);
  const auto start = steady_clock::now();
  const int fd = dial(port);
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + "\r\n";
  Reading out;
  if (::send(fd, request.data(), request.size(), 0) < 0) return out;
  for (ssize_t got = 0; (got = ::recv(fd, room.data(), room.size(), 0)) > 0;) {
    out.bytes += static_cast<std::uint64_t>(got);
    if (into != nullptr) into->write(room.data(), got);
  }
  ::close(fd);
  out.seconds = std::chrono::duration<double>(steady_clock::now() - start).count();
  return out;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(fd);
  return ntohs(at.sin_port);
}

pid_t start_nginx(const std::string& folder, std::uint16_t port) {
  std::ofstream(folder + "/nginx.conf") << "daemon off; worker_processes 1; pid " << folder << "/pid; error_log " << folder << "/error.log;\n"
                                        << "events {}\nhttp { access_log off; sendfile on; tcp_nopush on; client_body_temp_path " << folder
                                        << "/b; proxy_temp_path " << folder << "/p; fastcgi_temp_path " << folder << "/f; uwsgi_temp_path " << folder
                                        << "/u; scgi_temp_path " << folder << "/s;\nserver { listen 127.0.0.1:" << port << "; root " << folder << "; } }\n";
  const std::string conf = folder + "/nginx.conf";
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("nginx", "nginx", "-e", (folder + "/error.log").c_str(), "-p", folder.c_str(), "-c", conf.c_str(), nullptr);
    ::_exit(127);
  }
  for (int fd = -1; fd < 0 && ::waitpid(child, nullptr, WNOHANG) == 0;) {
    fd = dial(port);
    if (fd >= 0) ::close(fd);
  }
  return child;
}

void fill(store::Feed& feed) {
  Schema schema;
  schema.fields.push_back({"id", Type::int64, false, 1, ""});
  (void)feed.define(schema, "rules", false);
  store::Batch batch("table");
  const std::vector<std::string> whole{""};
  for (int i = 1; i <= kLines; ++i) {
    const auto id = std::to_string(i);
    batch.put(id, id, "{\"at\":\"2026-01-05T10:15:09.123456Z\",\"first\":\"some words of text " + id + "\",\"id\":" + id +
                          ",\"n\":" + std::to_string(i % 100003) + ",\"second\":\"and some others, a little longer " + id + "\",\"total\":\"" + id + ".50\"}",
              whole);
    if (batch.size() == 5000 || i == kLines) {
      batch.set_loading(false);
      if (!feed.commit(batch, nullptr)) std::abort();
      batch.clear();
    }
  }
}

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

void compare(std::uint16_t ours, std::uint16_t theirs) {
  std::vector<double> own;
  std::vector<double> beside;
  std::uint64_t bytes = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto a = read_all(ours, "/feeds/orders/changes", "");
    const auto b = read_all(theirs, "/changes.ndjson", "");
    own.push_back(static_cast<double>(a.bytes) / a.seconds / 1e6);
    beside.push_back(static_cast<double>(b.bytes) / b.seconds / 1e6);
    bytes = a.bytes;
    if (b.bytes < a.bytes) std::printf("nginx sent %llu bytes only: no comparison\n", static_cast<unsigned long long>(b.bytes));
  }
  std::printf("plain: %.1f MB, meshgate %.0f MB/s, nginx %.0f MB/s, ratio %.2f\n", static_cast<double>(bytes) / 1e6, median(own), median(beside),
              median(own) / median(beside));
  for (const char* coding : {"zstd", "gzip"}) {
    const auto packed = read_all(ours, "/feeds/orders/changes", std::string("Accept-Encoding: ") + coding + "\r\n");
    std::printf("%s: %.1f MB on the wire (%.1fx smaller), %.0f MB/s of lines\n", coding, static_cast<double>(packed.bytes) / 1e6,
                static_cast<double>(bytes) / static_cast<double>(packed.bytes), static_cast<double>(bytes) / packed.seconds / 1e6);
  }
}

/// The same lines to anybody, and to somebody whose rights are looked up.
void compare_rights(std::uint16_t port, serve::test::StatedAccess& access) {
  std::vector<double> without;
  std::vector<double> with;
  for (int i = 0; i < kRounds; ++i) {
    const auto open = read_all(port, "/feeds/orders/changes", "");
    access.close("orders");
    access.grant("ada", "orders");
    const auto closed = read_all(port, "/feeds/orders/changes", "X-Person: ada\r\n");
    access.open("orders");
    without.push_back(static_cast<double>(open.bytes) / open.seconds / 1e6);
    with.push_back(static_cast<double>(closed.bytes) / closed.seconds / 1e6);
    if (closed.bytes < open.bytes) std::printf("with rights fewer bytes came: no comparison\n");
  }
  std::printf("with rights: %.0f MB/s, without: %.0f MB/s, ratio %.2f\n", median(with), median(without), median(with) / median(without));
}

Result<access::Principal> stated_person(const net::Request& request) {
  return access::Principal{std::string(request.fields.find("X-Person").value_or("")), {}, {}};
}

}  // namespace

int main() {
  char name[] = "/tmp/meshgate-changes-bench-XXXXXX";
  const std::string folder = mkdtemp(name);
  // nginx drops root's rights: its worker must be able to read the file.
  std::filesystem::permissions(folder, std::filesystem::perms::others_exec | std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  {
    store::Options options;
    options.folder = folder + "/data";
    auto store = store::Store::open(options);
    auto feed = store ? (*store)->feed("orders") : Result<std::shared_ptr<store::Feed>>(store.error());
    if (!feed) {
      std::fprintf(stderr, "%s\n", feed.error().message.c_str());
      return 1;
    }
    fill(**feed);
    base::BlockingPool pool(2, 100);
    base::Log log;
    base::Metrics metrics;
    NoSources sources;
    net::Loops loops(1);
    const auto access = std::make_shared<serve::test::StatedAccess>();
    serve::Services services{**store, pool, log, metrics, sources, access, "bench", "0", {}};
    services.principal = stated_person;
    serve::Serve serve(std::move(services));
    net::Router router;
    serve.add_routes(router);
    const auto server = net::Server::start({}, std::move(router), loops, log, metrics);
    if (!server) return 1;
    const auto port = (*server)->port();
    {
      std::ofstream file(folder + "/changes.ndjson", std::ios::binary);
      read_all(port, "/feeds/orders/changes", "", &file);
    }
    const auto other = free_port();
    const pid_t nginx = start_nginx(folder, other);
    compare(port, other);
    compare_rights(port, *access);
    ::kill(nginx, SIGTERM);
    ::waitpid(nginx, nullptr, 0);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
