#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <regex>
#include <sstream>
#include <thread>

#include "gateway/net/http_client.hpp"
#include "tests/unit/device/mirror_fixture.hpp"
#include "tests/unit/device/real_gateway.hpp"

/// First downloads through nginx, with the configuration that stands in deploy/nginx and a cache whose entries are never invalidated.
namespace meshgate::device {
namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " is not in the configuration";
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

std::string content_of(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// A port that nobody listens on at the moment.
std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

/// nginx in a folder of its own, in the foreground, as whoever runs the test.
class Nginx {
 public:
  Nginx(const std::string& folder, const std::string& origin) : folder_(folder) {
    std::filesystem::create_directories(folder);
    for (int tries = 0; tries < 5 && !answers(); ++tries) start(folder, origin);
    EXPECT_TRUE(answers()) << content_of(folder + "/error.log");
  }
  ~Nginx() { stop(); }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Answers that the cache gave by itself.
  [[nodiscard]] int hits() const {
    std::ifstream log(folder_ + "/access.log");
    int out = 0;
    for (std::string line; std::getline(log, line);) out += line == "HIT" ? 1 : 0;
    return out;
  }

 private:
  void start(const std::string& folder, const std::string& origin) {
    stop();
    port_ = free_port();
    std::string site = content_of(MESHGATE_NGINX);
    site = replaced(site, "/var/cache/nginx/meshgate", folder + "/cache");
    site = replaced(site, "127.0.0.1:7443", origin.substr(std::string("http://").size()));
    site = replaced(site, "127.0.0.1:8080", "127.0.0.1:" + std::to_string(port_));
    std::ofstream(folder + "/site.conf") << site;
    std::ofstream conf(folder + "/nginx.conf");
    conf << "daemon off;\nmaster_process off;\npid " << folder << "/pid;\nerror_log " << folder << "/error.log;\n"
         << "events { worker_connections 2048; }\nhttp {\nlog_format cached '$upstream_cache_status';\naccess_log "
         << folder << "/access.log cached;\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) conf << kind << "_temp_path " << folder << "/" << kind << ";\n";
    conf << "include " << folder << "/site.conf;\n}\n";
    conf.close();
    std::vector<std::string> words{"nginx", "-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/error.log"};
    std::vector<char*> line;
    for (std::string& word : words) line.push_back(word.data());
    line.push_back(nullptr);
    const int failed = ::posix_spawnp(&child_, "nginx", nullptr, nullptr, line.data(), environ);
    ASSERT_EQ(failed, 0) << "nginx cannot be started: install what deploy/install-packages.sh test lists";
    wait();
  }

  /// Until it answers, or has ended.
  void wait() {
    while (!answers()) {
      int status = 0;
      if (::waitpid(child_, &status, WNOHANG) == child_) {
        child_ = 0;
        return;
      }
      ::usleep(10000);
    }
  }

  [[nodiscard]] bool answers() const {
    if (port_ == 0) return false;
    net::HttpClient client;
    return client.send("GET", url() + "/feeds").has_value();
  }

  void stop() {
    if (child_ == 0) return;
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

  const std::string folder_;
  std::uint16_t port_ = 0;
  pid_t child_ = 0;
};

class NginxCacheTest : public test::MirrorFixture {
 protected:
  void start(std::uint64_t range_bytes = 64U << 20U) {
    gateway_ = std::make_unique<test::RealGateway>(folder_, range_bytes);
    nginx_ = std::make_unique<Nginx>(folder_ + "/nginx", gateway_->url());
    ASSERT_TRUE(feed().define(test::small_schema(), "rules", false).has_value());
    store::Batch batch("s");
    batch.set_loading(false);
    ASSERT_TRUE(feed().commit(batch, nullptr).has_value());
  }
  store::Feed& feed() { return gateway_->feed(); }
  void commit(int first, int last, int salt) {
    store::Batch batch("s");
    const std::vector<std::string> whole{""};
    for (int i = first; i < last; ++i) batch.put(std::to_string(i), std::to_string(i), test::small_content(i + salt), whole);
    ASSERT_TRUE(feed().commit(batch, nullptr).has_value());
  }
  [[nodiscard]] std::uint64_t metric(const std::string& name) const {
    const std::string text = gateway_->metrics().text();
    std::smatch found;
    return std::regex_search(text, found, std::regex("\n" + name + "_total (\\d+)")) ? std::stoull(found[1]) : 0;
  }

  std::unique_ptr<test::RealGateway> gateway_;
  std::unique_ptr<Nginx> nginx_;
};

/// Mirrors check count and digest at every caught-up mark; one that differs is told, and counted here.
class Downloads {
 public:
  Downloads(std::string url, std::string folder) : url_(std::move(url)), folder_(std::move(folder)) {}
  ~Downloads() {
    stop();
    for (auto& one : threads_) one.join();
  }

  /// Readers that begin from nothing again and again, until `stop`.
  void begin(int readers) {
    for (int i = 0; i < readers; ++i) threads_.emplace_back([this, i] { run(i); });
  }

  /// Until so many more are complete; false when one is wrong, or after a minute.
  bool wait_for(int more) {
    std::unique_lock lock(mutex_);
    const int enough = complete_ + more;
    return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return complete_ >= enough || wrong_ > 0; }) && wrong_ == 0;
  }
  void stop() { stop_ = true; }
  [[nodiscard]] int complete() {
    const std::lock_guard lock(mutex_);
    return complete_;
  }

 private:
  void count(int& what) {
    const std::lock_guard lock(mutex_);
    ++what;
    changed_.notify_all();
  }

  void run(int reader) {
    for (int round = 0; !stop_; ++round) {
      MirrorOptions options;
      options.url = url_;
      options.file = folder_ + "/reader" + std::to_string(reader) + "-" + std::to_string(round) + ".db";
      options.once = true;
      options.large = 1;
      options.first_backoff = std::chrono::milliseconds(1);
      options.longest_backoff = std::chrono::milliseconds(20);
      MirrorListener listener;
      listener.say = [this](base::Level, const std::string& sentence) {
        if (sentence.find("is not what the node says") != std::string::npos) count(wrong_);
      };
      auto mirror = Mirror::open(options, std::move(listener));
      if (!mirror) return count(wrong_);
      auto summary = (*mirror)->run();
      count(summary && summary->verified() ? complete_ : wrong_);
      for (const char* end : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(options.file + end);
    }
  }

  const std::string url_;
  const std::string folder_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  int complete_ = 0;
  int wrong_ = 0;
  std::vector<std::thread> threads_;
};

TEST_F(NginxCacheTest, ReadersAreRightWhateverTheCacheHolds) {
  start();
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  commit(0, 3000, 0);
  const int rounds = std::getenv("MESHGATE_LONG") != nullptr ? 600 : 60;
  Downloads downloads(nginx_->url(), folder_);
  downloads.begin(3);
  const std::vector<std::string> whole{""};
  for (int round = 0; round < rounds; ++round) {
    store::Batch batch("s");
    for (int i = 0; i < 60; ++i) {
      const std::string id = std::to_string(random() % 3000);
      if (random() % 3 == 0) batch.remove(id);
      else batch.put(id, id, test::small_content(static_cast<int>(random() % 100000)), whole);
    }
    ASSERT_TRUE(feed().commit(batch, nullptr).has_value());
    // A small window: what was deleted a moment ago is soon forgotten.
    const std::uint64_t head = number(feed().standing("")->head);
    if (round % 3 == 2) {
      ASSERT_TRUE(feed().purge("", Seq{head - std::min<std::uint64_t>(head, random() % 1500)}).has_value());
    }
    if (round % 3 == 1) {
      ASSERT_TRUE(downloads.wait_for(1));
    }
  }
  downloads.stop();
  const auto asked = metric("meshgate_range_answers");
  std::printf("%d first downloads, %llu renderings, %llu requests for ranges came through to the node, %d were answered by nginx\n", downloads.complete(),
              static_cast<unsigned long long>(metric("meshgate_range_renderings")), static_cast<unsigned long long>(asked), nginx_->hits());
  EXPECT_GT(asked, 0U);
  EXPECT_GT(nginx_->hits(), 0);
}

TEST_F(NginxCacheTest, OfManyReadersOfAColdRangeOneComesThrough) {
  start();
  commit(0, 2000, 0);
  net::HttpClient client;
  auto list = client.send("GET", nginx_->url() + "/feeds/orders/ranges");
  ASSERT_TRUE(list.has_value());
  std::smatch href;
  ASSERT_TRUE(std::regex_search(list->body, href, std::regex("\"href\":\"([^\"]+)\""))) << list->body;
  const std::string url = nginx_->url() + href[1].str();
  const int readers = std::getenv("MESHGATE_LONG") != nullptr ? 1000 : 200;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < readers; ++i) {
    threads.emplace_back([&] {
      net::HttpClient one;
      auto answer = one.send("GET", url);
      if (answer && answer->status == 200 && answer->body.find("{\"range\":") != std::string::npos) ++good;
    });
  }
  for (auto& one : threads) one.join();
  EXPECT_EQ(good, readers);
  EXPECT_EQ(metric("meshgate_range_answers"), 1U);
  EXPECT_EQ(metric("meshgate_range_renderings"), 1U);
}

TEST_F(NginxCacheTest, LiveStreamsPassThrough) {
  start();
  commit(0, 500, 0);
  MirrorOptions wanted;
  wanted.url = nginx_->url();
  wanted.file = file_;
  wanted.large = 1;
  follow(wanted);
  for (int i = 0; i < 5; ++i) {
    commit(0, 20, 1000 + i);
    const std::string digest = feed().state().partitions.at(0).digest.text();
    wait_until([&](const auto& all) { return !all.empty() && all.back().digest == digest; });
  }
  ASSERT_TRUE(stop().has_value());
}

}  // namespace
}  // namespace meshgate::device
