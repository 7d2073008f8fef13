#include "gateway/access/absences.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/access/sign_in_fixture.hpp"

namespace meshgate::access {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

/// Somebody leaves the directory: what they have at the node waits two hours, and a device lives one hour without being refreshed.
class AbsencesTest : public test::SignInFixture {
 protected:
  void SetUp() override {
    options_.refresh_token = hours(1);
    options_.grace = hours(2);
    open();
  }
  /// Looks as often as a running node does.
  void live(microseconds time) {
    for (microseconds lived{0}; lived < time; lived += minutes(5)) {
      pass(minutes(5));
      sign_in_->tend();
    }
  }
  void come_back(const std::string& name) { people_.add(name, name == "ann" ? "Correct-Horse-1" : "Battery-Staple-2"); }
  std::size_t devices() { return sign_in_->devices(std::nullopt).size(); }
  std::size_t lines_with(const std::string& text) {
    std::istringstream lines(log_.text());
    std::size_t out = 0;
    for (std::string line; std::getline(lines, line);) out += line.find(text) != std::string::npos ? 1 : 0;
    return out;
  }
  [[nodiscard]] std::string file(const char* name) const { return folder_.path() + "/access/" + name; }
};

TEST_F(AbsencesTest, WhoComesBackWithinTheGraceHasTheirDevicesAgain) {
  const auto ann = signed_in();
  people_.remove("ann");
  live(minutes(100));
  EXPECT_EQ(sign_in_->refresh({ann.refresh, "", ""}).error().code, Code::auth);
  EXPECT_EQ(devices(), 1U) << "its own time has stood still";
  come_back("ann");
  const auto again = sign_in_->refresh({ann.refresh, "", ""});
  ASSERT_TRUE(again) << again.error().message;
  live(minutes(50));
  EXPECT_TRUE(sign_in_->refresh({again->refresh, "", ""}));
}

TEST_F(AbsencesTest, ADeviceLivesOnFromTheReturnOfItsPerson) {
  const auto ann = signed_in();
  people_.remove("ann");
  live(minutes(100));
  come_back("ann");
  live(minutes(50));
  EXPECT_TRUE(sign_in_->refresh({ann.refresh, "", ""}));
  live(minutes(70));
  EXPECT_EQ(devices(), 0U) << "and ends as any other";
}

TEST_F(AbsencesTest, AfterTheGraceWhatIsTheirsIsPurgedOnceForGoodAndNobodyElses) {
  const auto ann = signed_in();
  (void)signed_in();
  int told = 0;
  sign_in_->on_revoked([&] { ++told; });
  people_.remove("ann");
  live(minutes(70));
  (void)signed_in("bob");
  live(minutes(50));
  EXPECT_EQ(devices(), 3U);
  live(minutes(5));
  EXPECT_EQ(sign_in_->devices("anchor-bob").size(), 1U);
  EXPECT_EQ(devices(), 1U);
  EXPECT_GE(told, 1);
  EXPECT_EQ(lines_with("audit: "), 2U) << log_.text();
  EXPECT_EQ(lines_with("(" + ann.device + ") of ann purged, that person (anchor-ann) has not been in the directory"), 1U) << log_.text();
  open();
  EXPECT_EQ(devices(), 1U);
  come_back("ann");
  EXPECT_EQ(sign_in_->refresh({ann.refresh, "", ""}).error().code, Code::auth);
  live(minutes(10));
  EXPECT_EQ(lines_with("audit: "), 2U) << "nothing is said twice";
}

TEST_F(AbsencesTest, WhoIsDisabledIsNeverPurged) {
  options_.refresh_token = hours(100);
  open();
  (void)signed_in();
  people_.disable("ann");
  live(hours(10));
  EXPECT_EQ(devices(), 1U);
  EXPECT_EQ(log_.text().find("audit"), std::string::npos);
}

TEST_F(AbsencesTest, NobodysTimeRunsWhileItIsNotSureWhoIsThere) {
  (void)signed_in();
  people_.remove("ann");
  live(minutes(60));
  people_.fail(Error{Code::retry, "the directory is not read to its end yet"});
  live(hours(10));
  EXPECT_EQ(devices(), 1U);
  people_.fail(std::nullopt);
  live(minutes(60));
  EXPECT_EQ(devices(), 1U) << "the step to the first look that saw again does not count";
  live(minutes(10));
  EXPECT_EQ(devices(), 0U);
}

TEST_F(AbsencesTest, NorWhileNobodyLooks) {
  (void)signed_in();
  people_.remove("ann");
  live(minutes(30));
  pass(hours(24 * 365));
  live(minutes(60));
  EXPECT_EQ(devices(), 1U) << "a leap of the clock counts ten minutes";
  pass(-hours(24 * 365));
  live(minutes(10));
  EXPECT_EQ(devices(), 1U) << "one backwards nothing";
}

TEST_F(AbsencesTest, AKillInTheMiddleGivesTimeAndNeverTakesIt) {
  (void)signed_in();
  people_.remove("ann");
  for (int i = 0; i < 4; ++i) {
    live(minutes(25));
    pass(hours(5));
    open();
  }
  EXPECT_EQ(devices(), 1U) << "twenty of each twenty-five minutes were written down";
  live(minutes(45));
  EXPECT_EQ(devices(), 0U);
}

TEST_F(AbsencesTest, AKillWhileTheyArePurgedLeavesNothingHalfDone) {
  (void)signed_in();
  people_.remove("ann");
  live(minutes(115));
  const auto book = folder_.path() + "/book";
  const auto absent = folder_.path() + "/before";
  std::filesystem::copy_file(file("devices"), book);
  std::filesystem::copy_file(file("absent"), absent);
  live(minutes(10));
  ASSERT_EQ(devices(), 0U);
  sign_in_.reset();
  // The devices had gone, who they belonged to not yet.
  std::filesystem::copy_file(absent, file("absent"), std::filesystem::copy_options::overwrite_existing);
  open();
  live(minutes(10));
  EXPECT_EQ(devices(), 0U);
  EXPECT_EQ(lines_with("audit: "), 1U) << log_.text();
  // It was due, and nothing had gone.
  std::filesystem::copy_file(book, file("devices"), std::filesystem::copy_options::overwrite_existing);
  std::ofstream(file("absent")) << R"({"absent":"anchor-ann","for":7200000000})" << "\n";
  open();
  EXPECT_EQ(devices(), 0U);
  EXPECT_EQ(lines_with("audit: "), 2U) << log_.text();
}

TEST_F(AbsencesTest, AFileThatWasNotWrittenHereIsNotTaken) {
  std::ofstream(file("absent")) << R"({"absent":"anchor-ann"})" << "\n";
  std::filesystem::permissions(file("absent"), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto opened = Absences::open(file("absent"));
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("line 1 is not one that was written; remove the file"), std::string::npos) << opened.error().message;
}

}  // namespace
}  // namespace meshgate::access
