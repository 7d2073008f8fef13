// Many live readers in one process and one thread, who check what they get.
//
//   live_readers --port P --target T --readers N --last K [--first F] [--addresses A] [--patience S] [--caught-up]
//
// Every change is a line with "n":<number> and "t":<microseconds since 1970>, as our /changes or an SSE server sends it. Each reader must get F,
// F+1, … K, each once. One whose connection ends comes back with the cursor of its last mark, until it has K. Prints "ready" when all
// have an answer (with --caught-up: a mark that says so), and at the end one JSON object; the exit code is 1 when anything was wrong.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/spent.hpp"

namespace {

using meshgate::bench::stop;
using std::chrono::steady_clock;

constexpr std::size_t kConnecting = 100;  ///< at once
constexpr std::size_t kMostWrong = 10;    ///< told in words

struct Options {
  std::uint16_t port = 0;
  std::string target;
  std::size_t readers = 1;
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  std::size_t addresses = 1;
  int patience = 60;  ///< seconds without any byte
  bool caught_up = false;
};

struct Reader {
  int fd = -1;
  bool body = false;       ///< the head of the answer has come
  bool ready = false;
  bool done = false;
  std::string held;        ///< the beginning of a line
  std::string cursor;      ///< of the last mark
  std::uint64_t at = 0;    ///< the last number
  std::uint64_t kept = 0;  ///< the last number before the last mark: what a reader that starts again has
};

std::uint64_t number_behind(std::string_view line, std::string_view name) {
  const auto at = line.find(name);
  std::uint64_t out = 0;
  if (at != std::string_view::npos) std::from_chars(line.data() + at + name.size(), line.data() + line.size(), out);
  return out;
}

std::uint64_t now_microseconds() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

class Crowd {
 public:
  explicit Crowd(Options options) : options_(std::move(options)), readers_(options_.readers), epoll_(::epoll_create1(0)), late_(0) {
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      readers_[i].at = readers_[i].kept = options_.first - 1;
      idle_.push_back(i);
    }
  }

  bool run() {
    last_byte_ = steady_clock::now();
    while (done_ < readers_.size()) {
      while (connecting_ < kConnecting && !idle_.empty() && steady_clock::now() >= again_) dial();
      std::array<epoll_event, 512> events;
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < count; ++i) take(events[static_cast<std::size_t>(i)]);
      if (steady_clock::now() - last_byte_ > std::chrono::seconds(options_.patience)) return tell_missing();
    }
    return wrong_ == 0;
  }

  void print() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double share) { return latencies_.empty() ? 0U : latencies_[static_cast<std::size_t>(share * static_cast<double>(latencies_.size() - 1))]; };
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
    std::printf("{\"readers\":%zu,\"done\":%zu,\"changes\":%zu,\"wrong\":%zu,\"resumed\":%zu,\"p50\":%u,\"p99\":%u,\"most\":%u,\"cpu\":%.3f}\n", readers_.size(), done_,
                latencies_.size(), wrong_, resumed_, at(0.5), at(0.99), at(1), seconds(used.ru_utime) + seconds(used.ru_stime));
  }

 private:
  void dial() {
    const std::size_t index = idle_.front();
    idle_.pop_front();
    Reader& reader = readers_[index];
    reader.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (reader.fd < 0) stop("no more sockets: raise the limit of open files");
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index % options_.addresses));
    const int on = 1;
    ::setsockopt(reader.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(reader.fd, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0) stop("cannot bind an address of the loopback");
    sockaddr_in to = own;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(options_.port);
    ++connecting_;
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, reader.fd, &event);
    if (::connect(reader.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) lose(index);
  }

  void ask(std::size_t index) {
    Reader& reader = readers_[index];
    std::string target = options_.target;
    if (!reader.cursor.empty()) target += (target.find('?') == std::string::npos ? "?after=" : "&after=") + reader.cursor;
    const std::string request = "GET " + target + " HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n";
    if (::send(reader.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return lose(index);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, reader.fd, &event);
  }

  void take(const epoll_event& event) {
    const auto index = static_cast<std::size_t>(event.data.u64);
    if ((event.events & EPOLLOUT) != 0U && (event.events & (EPOLLERR | EPOLLHUP)) == 0U) return ask(index);
    static std::array<char, 65536> room;
    const ssize_t got = ::recv(readers_[index].fd, room.data(), room.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lose(index);
    last_byte_ = steady_clock::now();
    late_ = now_microseconds();
    read(readers_[index], {room.data(), static_cast<std::size_t>(got)});
  }

  /// The connection ended; whoever is not done comes back with the cursor of its last mark.
  void lose(std::size_t index) {
    Reader& reader = readers_[index];
    ::close(reader.fd);
    reader.fd = -1;
    if (!reader.body) --connecting_;
    if (reader.done) return;
    if (reader.body) ++resumed_;
    reader.body = false;
    reader.held.clear();
    reader.at = reader.kept;
    idle_.push_back(index);
    again_ = steady_clock::now() + std::chrono::milliseconds(50);
  }

  void read(Reader& reader, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      if (end == std::string_view::npos) {
        reader.held.append(bytes);
        return;
      }
      if (reader.held.empty()) {
        line(reader, bytes.substr(0, end));
      } else {
        reader.held.append(bytes.substr(0, end));
        line(reader, reader.held);
        reader.held.clear();
      }
      bytes.remove_prefix(end + 1);
    }
  }

  void line(Reader& reader, std::string_view text) {
    if (!reader.body) return head_line(reader, text);
    if (text.starts_with("data: ")) text.remove_prefix(6);
    if (text.size() < 8 || text[0] != '{') return;
    if (text.starts_with("{\"mark\"")) return mark(reader, text);
    const auto number = number_behind(text, "\"n\":");
    if (number == 0) return;
    latencies_.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(late_ - std::min(late_, number_behind(text, "\"t\":")), UINT32_MAX)));
    if (number != reader.at + 1 && ++wrong_ <= kMostWrong) {
      std::fprintf(stderr, "reader %zu got %llu after %llu\n", static_cast<std::size_t>(&reader - readers_.data()), static_cast<unsigned long long>(number),
                   static_cast<unsigned long long>(reader.at));
    }
    reader.at = number;
    if (number != options_.last || reader.done) return;
    reader.done = true;
    ++done_;
  }

  void head_line(Reader& reader, std::string_view text) {
    if (text.starts_with("HTTP/") && text.find(" 200") == std::string_view::npos && ++wrong_ <= kMostWrong) {
      std::fprintf(stderr, "an answer began with %.*s\n", static_cast<int>(text.size()), text.data());
    }
    if (!text.empty() && text != "\r") return;
    reader.body = true;
    --connecting_;
    if (!options_.caught_up) make_ready(reader);
  }

  void mark(Reader& reader, std::string_view text) {
    constexpr std::string_view kCursor = "\"cursor\":\"";
    const auto from = text.find(kCursor) + kCursor.size();
    reader.cursor.assign(text.substr(from, text.find('"', from) - from));
    reader.kept = reader.at;
    if (text.find("\"caught_up\":true") != std::string_view::npos) make_ready(reader);
  }

  void make_ready(Reader& reader) {
    if (reader.ready) return;
    reader.ready = true;
    if (++ready_ < readers_.size()) return;
    std::printf("ready\n");
    std::fflush(stdout);
  }

  bool tell_missing() {
    std::fprintf(stderr, "%zu of %zu readers are not done and nothing has come for %d s; %zu are not ready\n", readers_.size() - done_, readers_.size(),
                 options_.patience, readers_.size() - ready_);
    return false;
  }

  Options options_;
  std::vector<Reader> readers_;
  std::deque<std::size_t> idle_;
  int epoll_;
  std::size_t connecting_ = 0;
  std::size_t ready_ = 0;
  std::size_t done_ = 0;
  std::size_t wrong_ = 0;
  std::size_t resumed_ = 0;
  std::uint64_t late_;  ///< when what is being read came
  std::vector<std::uint32_t> latencies_;
  steady_clock::time_point last_byte_;
  steady_clock::time_point again_{};
};

Options parse(int count, char** words) {
  Options out;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = words[i];
    if (name == "--caught-up") {
      out.caught_up = true;
      continue;
    }
    if (++i == count) stop("a value is missing behind " + std::string(name));
    const std::string value = words[i];
    if (name == "--target") out.target = value;
    else if (name == "--port") out.port = static_cast<std::uint16_t>(std::stoul(value));
    else if (name == "--readers") out.readers = std::stoul(value);
    else if (name == "--first") out.first = std::stoull(value);
    else if (name == "--last") out.last = std::stoull(value);
    else if (name == "--addresses") out.addresses = std::stoul(value);
    else if (name == "--patience") out.patience = std::stoi(value);
    else stop("unknown option " + std::string(name));
  }
  return out;
}

}  // namespace

int main(int count, char** words) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  Crowd crowd(parse(count, words));
  const bool good = crowd.run();
  crowd.print();
  return good ? 0 : 1;
}
