#include "gateway/net/access_log.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace meshgate::net {
namespace {

std::string member(const std::string& line, const char* name) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(line).get(root) != simdjson::SUCCESS) return "no JSON: " + line;
  return simdjson::minify(root[name]);
}

TEST(AccessLine, HasAllMembers) {
  Access access;
  access.at = *parse_timestamp("2026-01-05T10:15:09.123456");
  access.id = "r-1";
  access.remote = "192.0.2.1";
  access.person = "5f1c2a30";
  access.client = "CN=till 7,O=corp";
  access.method = "GET";
  access.target = "/feeds/orders/changes?after=0";
  access.route = "/feeds/{feed}/changes";
  access.agent = "curl/7.88";
  access.tls = "TLSv1.3";
  access.status = 200;
  access.bytes = 1234;
  access.took = std::chrono::microseconds(56);
  EXPECT_EQ(access_line(access),
            R"({"time":"2026-01-05T10:15:09.123456Z","request":"r-1","remote":"192.0.2.1","principal":"5f1c2a30","client":"CN=till 7,O=corp","method":"GET",)"
            R"("path":"/feeds/orders/changes?after=0","route":"/feeds/{feed}/changes","status":200,"bytes":1234,"duration_us":56,"tls":"TLSv1.3","agent":"curl/7.88"})"
            "\n");
  EXPECT_EQ(member(access_line(Access()), "method"), "null");
}

TEST(AccessLine, HidesWhatMaySignSomebodyIn) {
  Access access;
  access.target = "/feeds?access_token=abc&partition=north&API-Key=def&x%74oken=ghi&flag&after=1&password=";
  EXPECT_EQ(member(access_line(access), "path"), "\"/feeds?access_token=***&partition=north&API-Key=***&x%74oken=***&flag&after=1&password=***\"");
}

TEST(AccessLine, BoundsAndMendsWhatReadersChose) {
  Access access;
  access.agent = std::string(5000, 'a');
  access.target = "/" + std::string(20000, 'b');
  EXPECT_LT(access_line(access).size(), 3000U);
  access.agent = "\xff\"\n\x01";
  const std::string line = access_line(access);
  EXPECT_EQ(member(line, "agent").find("no JSON"), std::string::npos);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

class AccessLogTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/meshgate-access-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/access.log";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  static std::string content(const std::string& path) {
    std::stringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  base::Log log_{base::Level::error};
  base::Metrics metrics_;
  std::string folder_;
  std::string path_;
};

TEST_F(AccessLogTest, WritesEveryLine) {
  auto log = AccessLog::open(path_, log_, metrics_);
  ASSERT_TRUE(log) << log.error().message;
  Access access;
  for (unsigned i = 0; i < 1000; ++i) {
    access.status = i;
    (*log)->add(access);
  }
  log->reset();
  const auto text = content(path_);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1000);
  EXPECT_NE(text.find("\"status\":999,"), std::string::npos);
}

TEST_F(AccessLogTest, GoesOnInANewFileAfterARotation) {
  auto log = AccessLog::open(path_, log_, metrics_);
  ASSERT_TRUE(log);
  Access access;
  access.id = "before";
  (*log)->add(access);
  while (content(path_).empty()) std::this_thread::yield();
  std::filesystem::rename(path_, path_ + ".1");
  (*log)->reopen();
  access.id = "after";
  (*log)->add(access);
  log->reset();
  EXPECT_NE(content(path_ + ".1").find("before"), std::string::npos);
  EXPECT_NE(content(path_).find("after"), std::string::npos);
  EXPECT_EQ(content(path_).find("before"), std::string::npos);
}

TEST_F(AccessLogTest, CountsWhatCannotBeWritten) {
  auto log = AccessLog::open("/dev/full", log_, metrics_);
  ASSERT_TRUE(log);
  (*log)->add(Access());
  (*log)->add(Access());
  log->reset();
  EXPECT_NE(metrics_.text().find("meshgate_access_log_dropped_lines_total 2"), std::string::npos) << metrics_.text();
}

TEST_F(AccessLogTest, AFileThatCannotBeOpenedIsAnErrorWithWords) {
  const auto refused = AccessLog::open(folder_ + "/no/such/folder", log_, metrics_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::config);
}

}  // namespace
}  // namespace meshgate::net
