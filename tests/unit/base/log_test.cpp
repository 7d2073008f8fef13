#include "gateway/base/log.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <regex>
#include <thread>
#include <vector>

namespace meshgate::base {
namespace {

class Kept : public Log {
 public:
  using Log::Log;
  std::vector<std::string> lines;

 protected:
  void put(const std::string& line) override {
    const std::lock_guard lock(mutex_);
    lines.push_back(line);
  }

 private:
  std::mutex mutex_;
};

TEST(Log, ALineSaysWhenHowBadWhereAndWhat) {
  Kept log;
  log.warning("store", "the disk is nearly full");
  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_TRUE(std::regex_match(log.lines[0], std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z warn  store: the disk is nearly full\n)"))) << log.lines[0];
}

TEST(Log, AnActLeavesItsLineWhateverTheLevel) {
  Kept log(Level::error, [](std::string text) { return std::regex_replace(text, std::regex("hunter2"), "***"); });
  log.audit({"ann (5f1c)", "192.0.2.1", "POST /admin/release/orders", "answered 200", "r-1"});
  log.audit({"the node", {}, "rules read again", "hunter2\nforged", {}});
  ASSERT_EQ(log.lines.size(), 2U);
  EXPECT_TRUE(log.lines[0].ends_with("Z warn  audit: ann (5f1c) from 192.0.2.1: POST /admin/release/orders, answered 200, request r-1\n")) << log.lines[0];
  EXPECT_TRUE(log.lines[1].ends_with("Z warn  audit: the node: rules read again, *** forged\n")) << log.lines[1];
}

TEST(Log, DropsWhatIsBelowItsLevel) {
  Kept log(Level::warning);
  log.debug("a", "x");
  log.info("a", "x");
  log.warning("a", "x");
  log.error("a", "x");
  EXPECT_EQ(log.lines.size(), 2U);
}

TEST(Log, NoMessageForgesALineOrReachesTheTerminal) {
  Kept log;
  log.info("net", "one\ntwo\r\x1b[2Jthree\x7f\tfour é");
  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_NE(log.lines[0].find("one two  [2Jthree  four é\n"), std::string::npos) << log.lines[0];
}

TEST(Log, SecretsNeverGetThrough) {
  const auto redact = [](std::string text) {
    for (std::size_t at = 0; (at = text.find("s3cret\nkey", at)) != std::string::npos;) text.replace(at, 10, "***");
    return text;
  };
  Kept log(Level::debug, redact);
  log.error("ingest", "login with s3cret\nkey failed, s3cret\nkey");
  EXPECT_NE(log.lines[0].find("login with *** failed, ***"), std::string::npos) << log.lines[0];
  EXPECT_EQ(log.redacted("s3cret\nkey"), "***");
}

TEST(Log, TheLevelMayChange) {
  Kept log(Level::warning);
  log.info("node", "before");
  log.set_least(Level::info);
  log.info("node", "after");
  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_NE(log.lines[0].find("after"), std::string::npos);
}

TEST(Log, WithoutARedactionNothingChanges) { EXPECT_EQ(Kept().redacted("as it is"), "as it is"); }

TEST(Log, LinesOfManyThreadsStayWhole) {
  Kept log;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 200; ++i) log.info("room", "message");
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(log.lines.size(), 800U);
  for (const auto& line : log.lines) EXPECT_TRUE(line.ends_with(" info  room: message\n"));
}

}  // namespace
}  // namespace meshgate::base
