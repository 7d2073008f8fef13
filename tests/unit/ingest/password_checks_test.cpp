#include "gateway/ingest/password_checks.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "connectors/sdk/module.hpp"

namespace meshgate::ingest {

namespace {

std::atomic<int> asked{0};

/// Knows one password; "wait" keeps it until it is cancelled.
class Doorman : public sdk::Connection {
 public:
  static sdk::Status open(const sdk::Host&, sdk::Settings, std::unique_ptr<sdk::Connection>& out) {
    out = std::make_unique<Doorman>();
    return {};
  }
  sdk::Status check() override { return {}; }
  sdk::Status discover(sdk::Catalog&) override { return {}; }
  sdk::Status open_stream(const sdk::Settings&, std::string_view, std::unique_ptr<sdk::Stream>&) override { return sdk::failure(MG_UNSUPPORTED, "nothing to read"); }
  sdk::Status verify(const sdk::Settings& stream, const sdk::Person& who) override {
    ++asked;
    while (who.password == "wait" && !cancelled()) std::this_thread::yield();
    if (stream.text("base") != "people") return sdk::failure(MG_CONFIG, "no such base");
    return who.key == "17" && who.password == "sesame" ? sdk::Status{} : sdk::failure(MG_AUTH, "name or password are wrong");
  }
};

Plugin doorman(bool checks = true) {
  static const sdk::Description description{"doorman", "1", "Lets people in.", {}, {}};
  static const mg_connector_module module = sdk::Fence::module<Doorman>(description);
  static const mg_connector_module without = [] {
    mg_connector_module out = sdk::Fence::module<Doorman>(description);
    out.verify = nullptr;
    return out;
  }();
  auto plugin = Plugin::accept(checks ? &module : &without, "doorman");
  if (!plugin) std::abort();
  return std::move(*plugin);
}

class PasswordChecksTest : public testing::Test {
 protected:
  Code code(const Plugin& plugin, const Credentials& who, const std::string& base = "people") {
    const auto verdict = checks_.check(plugin, {}, {{"base", base}}, who, log_);
    return verdict ? Code::internal : verdict.error().code;
  }

  base::Log log_{base::Level::error};
  PasswordChecks checks_;
};

TEST_F(PasswordChecksTest, AskTheSource) {
  EXPECT_TRUE(checks_.check(doorman(), {}, {{"base", "people"}}, {"17", "anna", "sesame"}, log_));
  EXPECT_EQ(code(doorman(), {"17", "anna", "sesamE"}), Code::auth);
  EXPECT_EQ(code(doorman(), {"18", "bo", "sesame"}), Code::auth);
  EXPECT_EQ(code(doorman(), {"17", "anna", "sesame"}, "nowhere"), Code::config) << "that says nothing of the person";
}

TEST_F(PasswordChecksTest, RefuseAnEmptyPasswordWithoutAsking) {
  const int before = asked;
  EXPECT_EQ(code(doorman(), {"17", "anna", ""}), Code::auth);
  EXPECT_EQ(asked, before);
}

TEST_F(PasswordChecksTest, SayThatASourceChecksNone) { EXPECT_EQ(code(doorman(false), {"17", "anna", "sesame"}), Code::unsupported); }

TEST_F(PasswordChecksTest, EndWhenTheyAreStopped) {
  const int before = asked;
  auto waiting = std::async(std::launch::async, [&] { return code(doorman(), {"17", "anna", "wait"}); });
  while (asked == before) std::this_thread::yield();
  checks_.stop();
  EXPECT_EQ(waiting.get(), Code::cancelled);
  EXPECT_EQ(code(doorman(), {"17", "anna", "sesame"}), Code::cancelled);
}

}  // namespace

}  // namespace meshgate::ingest
