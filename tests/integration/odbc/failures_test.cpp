#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "tests/integration/odbc/reading.hpp"

namespace meshgate::odbc_test {

namespace {

using testing::HasSubstr;
using testing::Not;

/// A port that takes connections and never says a word: what a silent network looks like from here.
class Silence {
 public:
  Silence() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool up = ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(socket_, 8) == 0 &&
                    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    EXPECT_TRUE(up);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  ~Silence() { ::close(socket_); }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  int socket_;
  std::string port_;
};

class Failures : public testing::TestWithParam<Kind> {
 protected:
  Failures() : settings_(settings_of(GetParam())), sql_(settings_), table_("failures_" + std::to_string(::getpid())) {
    sql_.run("CREATE TABLE " + table_ + " (id BIGINT PRIMARY KEY, v VARCHAR(50))");
    const bool postgresql = GetParam() == Kind::postgresql;
    sql_.run("INSERT INTO " + table_ + (postgresql ? " SELECT n, 'x' FROM generate_series(1, 20000) AS s(n)" : " SELECT seq, 'x' FROM seq_1_to_20000"));
  }
  ~Failures() override { sql_.run("DROP TABLE " + table_); }
  [[nodiscard]] bool postgresql() const { return GetParam() == Kind::postgresql; }
  void expect_check(const std::string& name, const std::string& value, std::int32_t code, const std::string& word) {
    Source source(with(settings_, name, value));
    EXPECT_EQ(source.check(), code) << name;
    EXPECT_THAT(source.message(), HasSubstr(word));
    EXPECT_THAT(source.message(), Not(HasSubstr(settings_.back().second))) << "the password is never said";
  }
  /// A user of this test alone, who may read its table; drop() takes it away again.
  struct User {
    std::string name;
    std::string account;  // as GRANT names it
    Settings settings;
  };
  [[nodiscard]] User user(const std::string& word) {
    const std::string name = word + "_" + std::to_string(::getpid());
    const std::string account = postgresql() ? name : name + "@'127.0.0.1'";
    sql_.run("CREATE USER " + account + (postgresql() ? " PASSWORD 'pw;}1'" : " IDENTIFIED BY 'pw;}1'"));
    return {name, account, with(with(settings_, "uid", name), "pwd", "pw;}1")};
  }
  void drop(const User& user) {
    if (postgresql()) sql_.run("DROP OWNED BY " + user.account);
    sql_.run("DROP USER " + user.account);
  }
  void end_sessions_of(const User& user) {
    sql_.run(postgresql() ? "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '" + user.name + "'" : "KILL USER " + user.account);
  }

  Settings settings_;
  Sql sql_;
  std::string table_;
};

TEST_P(Failures, CheckTellsThemApart) {
  Source good(settings_);
  EXPECT_EQ(good.check(), MG_OK) << good.message();
  expect_check("server", "no.such.host.invalid", MG_CONFIG, "is not known");
  expect_check("port", "1", MG_RECONNECT, "nothing answers");
  expect_check("uid", "nobody_here", MG_AUTH, "refuses user 'nobody_here'");
  expect_check("database", "no_such_db", MG_CONFIG, "database 'no_such_db'");
  Source wrong(with(settings_, "pwd", "wrong;pass}word"));
  EXPECT_EQ(wrong.check(), MG_AUTH);
  EXPECT_THAT(wrong.message(), HasSubstr("refuses user"));
  EXPECT_THAT(wrong.message(), Not(HasSubstr("wrong;pass")));
}

TEST_P(Failures, AKilledSessionIsReconnectAndTheScanGoesOn) {
  const User victim = user("victim");
  sql_.run("GRANT SELECT ON " + table_ + " TO " + victim.account);
  Source source(victim.settings);
  ASSERT_EQ(source.open({{"table", table_}}), MG_OK) << source.message();
  mg_limits few = generous();
  few.max_records = 500;
  Emitted seen;
  std::string position;
  ASSERT_EQ(source.read(seen, position, few), MG_OK) << source.message();
  end_sessions_of(victim);
  std::int32_t code = MG_OK;
  std::string good = position;
  for (int reads = 0; code == MG_OK && (source.progress().flags & MG_SCAN_ENDED) == 0 && reads < 100; ++reads) {
    good = position;
    Emitted more;
    code = source.read(more, position, few);
    if (code == MG_OK) seen.rows.insert(seen.rows.end(), more.rows.begin(), more.rows.end());
  }
  EXPECT_EQ(code, MG_RECONNECT) << source.message();
  EXPECT_THAT(source.message(), HasSubstr("gone"));

  Source again(victim.settings);
  ASSERT_EQ(again.open({{"table", table_}}), MG_OK) << again.message();
  do {
    ASSERT_EQ(again.read(seen, good), MG_OK) << again.message();
    EXPECT_EQ(again.progress().flags & MG_SCAN_BEGAN, 0U);
  } while ((again.progress().flags & MG_SCAN_ENDED) == 0);
  EXPECT_EQ(seen.rows.size(), 20000U);
  EXPECT_EQ(seen.rows.back().at("id"), "20000");
  EXPECT_GT(again.progress().as_of_us, 0);
  drop(victim);
}

TEST_P(Failures, ASilentNetworkEndsByTheTimeout) {
  const Silence silence;
  Source source(with(with(settings_, "port", silence.port()), "timeout", "500"));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(source.check(), MG_RECONNECT) << source.message();
  // The bound of the contract: the timeout, and the grace of an interrupted call.
  EXPECT_THAT(source.message(), testing::AnyOf(HasSubstr("in time"), HasSubstr("timeout expired")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST_P(Failures, AScanThatIsDroppedWhileItFetchesHarmsNobody) {
  // Wide rows, so that the fetch ahead is still running when its scan is dropped.
  sql_.run("ALTER TABLE " + table_ + " ADD w VARCHAR(500) DEFAULT '" + std::string(400, 'w') + "'");
  mg_limits few = generous();
  few.max_records = 5;
  for (int round = 0; round < 30; ++round) {
    Source source(settings_);
    ASSERT_EQ(source.open({{"table", table_}}), MG_OK) << source.message();
    for (int again = 0; again < 3; ++again) {
      Emitted seen;
      std::string position;  // the beginning: the scan that is open goes
      ASSERT_EQ(source.read(seen, position, few), MG_OK) << source.message();
      EXPECT_EQ(seen.rows.size(), 5U);
    }
    if (round % 3 != 0) continue;
    source.cancel();
    Emitted seen;
    std::string position;
    EXPECT_EQ(source.read(seen, position, few), MG_CANCELLED);
  }
}

TEST_P(Failures, AScanIsOneMoment) {
  Source source(settings_);
  ASSERT_EQ(source.open({{"table", table_}}), MG_OK) << source.message();
  mg_limits few = generous();
  few.max_records = 10;
  Emitted seen;
  std::string position;
  ASSERT_EQ(source.read(seen, position, few), MG_OK) << source.message();
  sql_.run("UPDATE " + table_ + " SET v = 'later'");
  while ((source.progress().flags & MG_SCAN_ENDED) == 0) ASSERT_EQ(source.read(seen, position), MG_OK) << source.message();
  EXPECT_EQ(seen.rows.size(), 20000U);
  EXPECT_EQ(seen.rows.back().at("v"), "x");
  Emitted now;
  mg_value key{};
  key.kind = MG_INT64;
  key.i = 20000;
  ASSERT_EQ(source.lookup(now, {key}, 1), MG_OK) << source.message();
  EXPECT_EQ(now.rows.at(0).at("v"), "later");
}

TEST_P(Failures, RightsOfOneTableAreEnough) {
  const User reader = user("reader");
  // Whoever may read nothing at all in MariaDB may not enter the database either.
  if (!postgresql()) sql_.run("CREATE TABLE " + table_ + "_other (id INT)");
  if (!postgresql()) sql_.run("GRANT SELECT ON " + table_ + "_other TO " + reader.account);
  {
    Source source(reader.settings);
    EXPECT_EQ(source.open({{"table", table_}}), MG_AUTH);
    EXPECT_THAT(source.message(), HasSubstr("may not read '" + table_ + "'"));
    sql_.run("GRANT SELECT ON " + table_ + " TO " + reader.account);
    EXPECT_EQ(source.scan({{"table", table_}}).rows.size(), 20000U);
  }
  drop(reader);
  if (!postgresql()) sql_.run("DROP TABLE " + table_ + "_other");
}

INSTANTIATE_TEST_SUITE_P(Odbc, Failures, testing::Values(Kind::postgresql, Kind::mariadb),
                         [](const auto& made) { return made.param == Kind::postgresql ? "PostgreSql" : "MariaDb"; });

}  // namespace

}  // namespace meshgate::odbc_test
