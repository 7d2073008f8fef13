#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/integration/odbc/reading.hpp"

namespace meshgate::odbc_test {

namespace {

using testing::HasSubstr;

/// Servers of this test's own, which it may stop and end. MESHGATE_SERVICES is the folder of start.sh and stop.sh.
class OwnServers {
 public:
  OwnServers() {
    std::string pattern = (std::filesystem::temp_directory_path() / "meshgate-servers-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    EXPECT_EQ(run("start.sh"), 0) << "tests/services/start.sh " << folder_;
    std::ifstream env(folder_ + "/env");
    for (std::string line; std::getline(env, line);) {
      const std::size_t equals = line.find('=');
      if (!line.starts_with("export ") || equals == line.npos) continue;
      std::string value = line.substr(equals + 1);
      std::erase(value, '\'');
      ::setenv(line.substr(7, equals - 7).c_str(), value.c_str(), 1);
    }
  }
  ~OwnServers() {
    run("stop.sh");
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  OwnServers(const OwnServers&) = delete;
  OwnServers& operator=(const OwnServers&) = delete;

  /// To the server's process and those it has started.
  void send(Kind kind, int signal, bool children) const {
    const pid_t server = number(folder_ + (kind == Kind::postgresql ? "/pg.pid" : "/my.pid"));
    ASSERT_GT(server, 1);
    if (children) {
      std::ifstream list("/proc/" + std::to_string(server) + "/task/" + std::to_string(server) + "/children");
      for (pid_t child = 0; list >> child;) ::kill(child, signal);
    }
    ::kill(server, signal);
  }

 private:
  int run(const std::string& script) const { return std::system(("bash " MESHGATE_SERVICES "/" + script + " " + folder_ + " >/dev/null 2>&1").c_str()); }
  static pid_t number(const std::string& file) {
    pid_t out = 0;
    std::ifstream(file) >> out;
    return out;
  }
  std::string folder_;
};

constexpr int kRows = 200000;
constexpr auto kTimeout = std::chrono::milliseconds(1500);

class Servers : public testing::TestWithParam<Kind> {
 protected:
  static void SetUpTestSuite() { servers_ = std::make_unique<OwnServers>(); }
  static void TearDownTestSuite() { servers_.reset(); }

  void begin() {
    settings_ = with(settings_of(GetParam()), "timeout", std::to_string(kTimeout.count()));
    const bool postgresql = GetParam() == Kind::postgresql;
    const std::string rows = postgresql ? "SELECT n, repeat('x', 200) FROM generate_series(1, " : "SELECT seq, REPEAT('x', 200) FROM seq_1_to_";
    Sql sql(settings_of(GetParam()));
    sql.run("CREATE TABLE IF NOT EXISTS t (id BIGINT PRIMARY KEY, v VARCHAR(200))");
    if (sql.run("SELECT COUNT(*) FROM t") == "0") sql.run("INSERT INTO t " + rows + std::to_string(kRows) + (postgresql ? ") AS s(n)" : ""));
    source_ = std::make_unique<Source>(settings_);
    ASSERT_EQ(source_->open({{"table", "t"}}), MG_OK) << source_->message();
    ASSERT_EQ(read(*source_), MG_OK) << source_->message();
    ASSERT_EQ(seen_.size(), 500U);
  }
  /// A short read; the rows of one that failed do not count.
  std::int32_t read(Source& source) {
    mg_limits few = generous();
    few.max_records = 500;
    Emitted some;
    const std::int32_t code = source.read(some, position_, few);
    if (code != MG_OK) return code;
    for (const auto& row : some.rows) EXPECT_TRUE(seen_.insert(std::stoi(row.at("id"))).second) << "twice: " << row.at("id");
    return code;
  }
  std::int32_t read_on(Source& source) {
    std::int32_t code = MG_OK;
    while (code == MG_OK && (source.progress().flags & MG_SCAN_ENDED) == 0) code = read(source);
    return code;
  }
  void expect_reconnect_in_time() {
    std::int32_t code = MG_OK;
    std::chrono::steady_clock::time_point asked;
    while (code == MG_OK && (source_->progress().flags & MG_SCAN_ENDED) == 0) {
      asked = std::chrono::steady_clock::now();
      code = read(*source_);
    }
    // The contract's bound for one call: the timeout and the grace of what is interrupted.
    EXPECT_LT(std::chrono::steady_clock::now() - asked, kTimeout + std::chrono::seconds(5));
    EXPECT_EQ(code, MG_RECONNECT) << source_->message();
    EXPECT_THAT(source_->message(), HasSubstr("gone"));
    EXPECT_LT(seen_.size(), static_cast<std::size_t>(kRows));
  }

  static std::unique_ptr<OwnServers> servers_;
  Settings settings_;
  std::unique_ptr<Source> source_;
  std::string position_;
  std::set<int> seen_;
};
std::unique_ptr<OwnServers> Servers::servers_;

TEST_P(Servers, AFrozenServerIsReconnectByTheTimeoutAndTheScanGoesOn) {
  begin();
  servers_->send(GetParam(), SIGSTOP, true);
  expect_reconnect_in_time();
  servers_->send(GetParam(), SIGCONT, true);
  source_.reset();

  Source again(with(settings_, "timeout", "30000"));
  ASSERT_EQ(again.open({{"table", "t"}}), MG_OK) << again.message();
  EXPECT_EQ(read_on(again), MG_OK) << again.message();
  EXPECT_EQ(seen_.size(), static_cast<std::size_t>(kRows));
  EXPECT_EQ(*seen_.rbegin(), kRows);
}

/// Comes last: the server does not come back.
TEST_P(Servers, AServerThatEndsIsReconnect) {
  begin();
  // PostgreSQL would let its sessions end first; they are told too.
  servers_->send(GetParam(), SIGTERM, GetParam() == Kind::postgresql);
  expect_reconnect_in_time();
  Source again(settings_);
  EXPECT_THAT(again.check(), testing::AnyOf(MG_RECONNECT, MG_RETRY)) << again.message();  // gone, or still shutting down
}

INSTANTIATE_TEST_SUITE_P(Odbc, Servers, testing::Values(Kind::postgresql, Kind::mariadb),
                         [](const auto& made) { return made.param == Kind::postgresql ? "PostgreSql" : "MariaDb"; });

}  // namespace

}  // namespace meshgate::odbc_test
