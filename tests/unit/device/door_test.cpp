#include "gateway/device/door.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace meshgate::device {
namespace {

using ::testing::HasSubstr;

std::string fresh_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "meshgate-door-XXXXXX").string();
  return mkdtemp(name.data()) == nullptr ? std::string() : name;
}

class DoorTest : public ::testing::Test {
 protected:
  void SetUp() override { door_.listens_at(7450); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] Result<Application> asks(const std::string& token, const std::string& host = "127.0.0.1:7450", const std::string& origin = {}) const {
    net::Request request;
    if (!host.empty()) request.fields.add("Host", host);
    if (!origin.empty()) request.fields.add("Origin", origin);
    if (!token.empty()) request.fields.add("Authorization", "Bearer " + token);
    return door_.let_in(request);
  }
  /// As another process does it.
  [[nodiscard]] std::string added(const std::string& name, const std::string& origin = {}) const {
    auto token = Applications(file_).add(name, origin);
    EXPECT_TRUE(token) << token.error().message;
    return token ? *token : std::string();
  }

  const std::string folder_ = fresh_folder();
  const std::string file_ = folder_ + "/applications";
  Applications applications_{file_};
  Door door_{applications_, {"own", proof_of("own token"), {}, {}}};
};

TEST_F(DoorTest, OnlyATokenOfThisDeviceOpens) {
  EXPECT_EQ(asks("").error().code, Code::auth);
  EXPECT_EQ(asks("nobody's").error().code, Code::auth);
  const std::string token = added("reports");
  EXPECT_EQ(asks(token)->name, "reports");
  EXPECT_EQ(asks(token + "A").error().code, Code::auth);
  EXPECT_EQ(asks("own token")->name, "own");
}

TEST_F(DoorTest, ARevokedTokenIsGoodForNothingAtOnce) {
  const std::string token = added("reports");
  const auto who = asks(token);
  ASSERT_TRUE(who);
  EXPECT_TRUE(door_.stands(who->proof));
  EXPECT_TRUE(applications_.changed());
  EXPECT_FALSE(applications_.changed());
  ASSERT_TRUE(Applications(file_).remove("reports"));
  EXPECT_FALSE(asks(token));
  EXPECT_FALSE(door_.stands(who->proof));
  EXPECT_TRUE(applications_.changed());
  EXPECT_EQ(Applications(file_).remove("reports").error().code, Code::not_found);
  EXPECT_NE(added("reports"), token);
  EXPECT_FALSE(asks(token));
}

TEST_F(DoorTest, ANameThatLeadsHereIsNotThisMachine) {
  const std::string token = added("reports");
  for (const char* host : {"127.0.0.1:7450", "localhost:7450", "[::1]:7450"}) EXPECT_TRUE(asks(token, host)) << host;
  for (const char* host : {"", "evil.example", "evil.example:7450", "127.0.0.1", "127.0.0.1:7451", "localhost.evil.example:7450", "127.0.0.1:7450.evil.example"}) {
    EXPECT_FALSE(asks(token, host)) << host;
  }
}

TEST_F(DoorTest, APageNeedsTheOriginOfItsToken) {
  const std::string program = added("reports");
  const std::string page = added("page", "http://localhost:8080");
  EXPECT_TRUE(asks(page, "127.0.0.1:7450", "http://localhost:8080"));
  EXPECT_TRUE(asks(program, "127.0.0.1:7450", "http://127.0.0.1:7450")) << "the device's own page";
  for (const char* origin : {"http://localhost:8080", "https://127.0.0.1:7450", "null", "http://127.0.0.1:7451", "http://127.0.0.1:7450/"}) {
    EXPECT_FALSE(asks(program, "127.0.0.1:7450", origin)) << origin;
  }
  EXPECT_FALSE(asks(page, "127.0.0.1:7450", "https://localhost:8080"));
}

TEST_F(DoorTest, TheFileHoldsNoTokenAndIsItsOwnersAlone) {
  const std::string token = added("reports \"1\"\n");
  std::ifstream in(file_);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(text.find(token), std::string::npos);
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(asks(token)->name, "reports \"1\"\n");
  const auto again = Applications(file_).add("reports \"1\"\n", "");
  EXPECT_EQ(again.error().code, Code::conflict);
  ::chmod(file_.c_str(), 0644);
  EXPECT_EQ(Applications(file_).all().error().code, Code::auth);
}

TEST_F(DoorTest, AFileThatIsNoneOpensToNobody) {
  const std::string token = added("reports");
  std::ofstream(file_) << "{}\n";
  const auto all = Applications(file_).all();
  ASSERT_FALSE(all);
  EXPECT_THAT(all.error().message, HasSubstr("remove it"));
  EXPECT_FALSE(asks(token));
  EXPECT_TRUE(asks("own token"));
}

}  // namespace
}  // namespace meshgate::device
