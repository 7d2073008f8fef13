// What a real slapd tells of its changes (RFC 4533), with and without its log of deletes, and what becomes of a reader when it ends in the middle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/ldap/reading.hpp"

namespace meshgate::ldap_test {

namespace {

using testing::HasSubstr;

class Sync : public testing::TestWithParam<bool> {
 protected:
  /// The parameter: whether the server remembers deletes.
  Sync() : server_(GetParam() ? std::vector<std::string>{"--session-log", "1000"} : std::vector<std::string>{}) {}

  void add_people(int count) {
    for (int i = 1; i <= count; ++i) server_.add_person("p" + std::to_string(i));
  }
  Reading begin(Settings more = {}) { return Reading(reader_of(server_), people_of(server_, std::move(more))); }

  Server server_;
};

INSTANTIATE_TEST_SUITE_P(Slapd, Sync, testing::Bool(), [](const auto& one) { return one.param ? "WithSessionLog" : "WithoutSessionLog"; });

TEST_P(Sync, TheFirstRefreshIsAScanOfEverything) {
  add_people(30);
  auto reading = begin();
  ASSERT_TRUE(reading.read_all().ok());
  EXPECT_TRUE(reading.began);
  EXPECT_TRUE(reading.scanned);
  EXPECT_EQ(reading.seen.entries.size(), 30U);
  const auto anna = reading.seen.by_name("uid=p7,");
  EXPECT_EQ(anna.at("uid"), "p7");
  EXPECT_EQ(anna.at("cn"), "p7 Name");
  EXPECT_EQ(anna.at("disabled"), "false");
  EXPECT_EQ(anna.at("entryUUID").size(), 36U);
  EXPECT_FALSE(anna.contains("userPassword"));
}

TEST_P(Sync, ARefreshInSmallReadsShowsEachEntryOnce) {
  add_people(40);
  auto reading = begin();
  while (!reading.scanned) {
    const auto read = reading.read({.max_records = 7});
    ASSERT_TRUE(read.ok()) << read.message;
    if (!reading.scanned) {
      EXPECT_NE(reading.progress.flags & MG_SCANNING, 0U);
    }
  }
  EXPECT_EQ(reading.seen.entries.size(), 40U);
  EXPECT_EQ(reading.seen.records, 40U);
}

TEST_P(Sync, NothingChangedShowsNothing) {
  add_people(20);
  auto first = begin();
  ASSERT_TRUE(first.read_all().ok());
  auto again = begin();
  again.position = first.position;
  ASSERT_TRUE(again.read_all().ok());
  EXPECT_EQ(again.seen.records, 0U);
  EXPECT_FALSE(again.began);
  EXPECT_EQ(again.position, first.position);
}

TEST_P(Sync, ChangesComeAsTheyAreMade) {
  add_people(3);
  auto reading = begin();
  ASSERT_TRUE(reading.read_all().ok());
  const std::string key = reading.seen.by_name("uid=p2,").at("entryUUID");

  server_.add_person("new");
  server_.replace("uid=p1," + server_.people(), {{"displayName", {"Other"}}});
  server_.rename("uid=p2," + server_.people(), "uid=second");
  server_.remove("uid=p3," + server_.people());
  reading.read_until("the changes", [&] { return reading.seen.removed.size() == 1; });
  EXPECT_FALSE(reading.seen.by_name("uid=new,").empty());
  EXPECT_EQ(reading.seen.by_name("uid=p1,").at("displayName"), "Other");
  EXPECT_EQ(reading.seen.entries.at(key).at("uid"), "second") << "who is renamed keeps the key";
  EXPECT_EQ(reading.seen.entries.size(), 3U);

  auto later = begin();
  later.position = reading.position;
  ASSERT_TRUE(later.read_all().ok());
  EXPECT_EQ(later.seen.records, 0U) << "what came after the refresh is covered by the Position";
}

TEST_P(Sync, WhoIsMovedKeepsTheKeyAndWhoLeavesTheFilterIsReported) {
  server_.add("ou=north," + server_.people(), {{"objectClass", {"organizationalUnit"}}, {"ou", {"north"}}});
  server_.add_person("stays", {{"title", {"staff"}}});
  server_.add_person("leaves", {{"title", {"staff"}}});
  Reading reading(reader_of(server_), {{"base", server_.people()}, {"filter", "(title=staff)"}});
  ASSERT_TRUE(reading.read_all().ok());
  const std::string key = reading.seen.by_name("uid=stays,").at("entryUUID");
  const std::string gone = reading.seen.by_name("uid=leaves,").at("entryUUID");
  server_.rename("uid=stays," + server_.people(), "uid=stays", "ou=north," + server_.people());
  server_.replace("uid=leaves," + server_.people(), {{"title", {"guest"}}});
  reading.read_until("the delete", [&] { return reading.seen.removed.contains(gone); });
  EXPECT_THAT(reading.seen.entries.at(key).at("dn"), HasSubstr("ou=north"));
}

TEST_P(Sync, DeletesMadeMeanwhileAreReportedOrLeftToTheScan) {
  add_people(600);
  auto first = begin();
  ASSERT_TRUE(first.read_all().ok());
  const std::string gone = first.seen.by_name("uid=p5,").at("entryUUID");
  server_.remove("uid=p5," + server_.people());
  server_.replace("uid=p6," + server_.people(), {{"displayName", {"Other"}}});
  server_.add_person("new");

  auto again = begin();
  again.position = first.position;
  ASSERT_TRUE(again.read_all().ok());
  EXPECT_EQ(again.seen.by_name("uid=p6,").at("displayName"), "Other");
  EXPECT_FALSE(again.seen.by_name("uid=new,").empty());
  if (GetParam()) {
    EXPECT_FALSE(again.began);
    EXPECT_EQ(again.seen.removed, std::set<std::string>{gone});
    EXPECT_EQ(again.seen.records, 3U);
  } else {
    EXPECT_TRUE(again.began);
    EXPECT_TRUE(again.scanned);
    EXPECT_NE(again.progress.flags & MG_IDLE, 0U);
    std::set<std::string> shown = again.seen.present;
    for (const auto& [key, entry] : again.seen.entries) shown.insert(key);
    EXPECT_EQ(shown.size(), 600U);
    EXPECT_FALSE(shown.contains(gone));
    EXPECT_TRUE(again.seen.removed.empty());
  }
  auto later = begin();
  later.position = again.position;
  ASSERT_TRUE(later.read_all().ok());
  EXPECT_EQ(later.seen.records, 0U);
}

TEST_P(Sync, APresentPhaseInSmallReadsIsOneScan) {
  add_people(300);
  auto first = begin();
  ASSERT_TRUE(first.read_all().ok());
  server_.remove("uid=p5," + server_.people());
  for (int i = 10; i < 30; ++i) server_.replace("uid=p" + std::to_string(i) + "," + server_.people(), {{"displayName", {"Other"}}});
  auto again = begin();
  again.position = first.position;
  int begins = 0;
  do {
    const auto read = again.read({.max_records = 3});
    ASSERT_TRUE(read.ok()) << read.message;
    begins += (again.progress.flags & MG_SCAN_BEGAN) != 0 ? 1 : 0;
  } while ((again.progress.flags & MG_IDLE) == 0);
  EXPECT_EQ(begins, GetParam() ? 0 : 1);
  EXPECT_EQ(again.scanned, !GetParam());
  EXPECT_EQ(again.seen.entries.size(), 20U);
  std::set<std::string> shown = again.seen.present;
  for (const auto& [key, entry] : again.seen.entries) shown.insert(key);
  EXPECT_EQ(shown.size(), GetParam() ? 20U : 299U);
}

TEST_P(Sync, AServerThatIsKilledInTheMiddleEndsNoScan) {
  // Together more than may be on its way when it is killed.
  const std::string long_title(8192, 'x');
  for (int i = 1; i <= 2000; ++i) server_.add_person("p" + std::to_string(i), {{"title", {long_title}}});
  auto reading = begin();
  ASSERT_TRUE(reading.read({.max_records = 100}).ok());
  server_.kill();
  sdk::Status read;
  while (read.ok() && !reading.scanned) read = reading.read({.max_records = 100});
  EXPECT_FALSE(reading.scanned) << "unreachable is not empty";
  EXPECT_FALSE(read.ok());
  server_.start_again();
  auto again = begin();
  again.position = reading.position;
  ASSERT_TRUE(again.read_all().ok());
  EXPECT_FALSE(again.began) << "what was shown before is the same, and the scan goes on";
  EXPECT_TRUE(again.scanned);
  again.seen.entries.merge(reading.seen.entries);
  EXPECT_EQ(again.seen.entries.size(), 2000U);
}

TEST_P(Sync, AScanThatMeetsAnotherEntryOnItsWayBeginsAgain) {
  add_people(30);
  auto reading = begin();
  ASSERT_TRUE(reading.read({.max_records = 20, .flags = MG_LET_GO}).ok());
  server_.replace("uid=p3," + server_.people(), {{"displayName", {"Other"}}});
  auto again = begin();
  again.position = reading.position;
  ASSERT_TRUE(again.read_all().ok());
  EXPECT_TRUE(again.began);
  EXPECT_TRUE(again.scanned);
  EXPECT_EQ(again.seen.entries.size(), 30U);
}

TEST_P(Sync, ALaterScanThatBreaksOffOnAnotherConnectionGoesOnFromTheCookie) {
  add_people(30);
  auto reading = begin({{"sweep", "0"}});
  reading.read_until("the first scan", [&] { return reading.scanned; });
  ASSERT_TRUE(reading.read({.max_records = 20, .flags = MG_LET_GO}).ok());
  ASSERT_NE(reading.progress.flags & MG_SCANNING, 0U);
  auto again = begin();
  again.position = reading.position;
  server_.add_person("new");
  again.read_until("the new one", [&] { return !again.seen.by_name("uid=new,").empty(); });
  EXPECT_LE(again.seen.entries.size(), 1U) << "the server knows what was read";
  reading.began = reading.scanned = false;
  reading.read_until("the end of the scan", [&] { return reading.scanned; });
  EXPECT_FALSE(reading.began) << "on its own connection the scan goes on";
  EXPECT_EQ(reading.seen.entries.size(), 31U);
}

TEST_P(Sync, AServerThatRestartsIsGoneOnFrom) {
  add_people(20);
  auto first = begin();
  ASSERT_TRUE(first.read_all().ok());
  server_.kill();
  EXPECT_FALSE(first.read_all().ok());
  server_.start_again();
  server_.add_person("new");
  auto again = begin();
  again.position = first.position;
  ASSERT_TRUE(again.read_all().ok());
  EXPECT_FALSE(again.seen.by_name("uid=new,").empty());
  EXPECT_TRUE(again.seen.removed.empty());
}

TEST_P(Sync, EverythingIsComparedAtItsOwnInterval) {
  add_people(10);
  auto reading = begin({{"sweep", "1"}});
  ASSERT_TRUE(reading.read().ok());
  EXPECT_NE(reading.progress.flags & MG_SCANS_AGAIN, 0U);
  reading.scanned = false;
  reading.read_until("another scan", [&] { return reading.scanned; });
}

TEST_P(Sync, ALightReadFollowsAndLeavesTheScanForLater) {
  add_people(10);
  auto reading = begin({{"sweep", "1"}});
  ASSERT_TRUE(reading.read({.flags = MG_LIGHT}).ok());
  EXPECT_EQ(reading.progress.flags, static_cast<uint32_t>(MG_IDLE | MG_SCAN_WAITS));
  reading.read_until("the first scan", [&] { return reading.scanned; });
  const size_t before = reading.seen.records;
  server_.add_person("new");
  reading.scanned = reading.began = false;
  for (int reads = 0; reads < 100 && reading.seen.records == before; ++reads) ASSERT_TRUE(reading.read({.flags = MG_LIGHT}).ok());
  EXPECT_EQ(reading.seen.records, before + 1);
  EXPECT_FALSE(reading.began);
  EXPECT_NE(reading.progress.flags & MG_SCAN_WAITS, 0U);
}

TEST_P(Sync, ReadsThatLetGoGoOnFromTheCookie) {
  add_people(10);
  auto reading = begin();
  ASSERT_TRUE(reading.read_all().ok());
  ASSERT_TRUE(reading.read({.flags = MG_LET_GO}).ok());
  EXPECT_EQ(reading.progress.flags & MG_OPEN, 0U);
  server_.add_person("new");
  reading.read_until("the new one", [&] { return !reading.seen.by_name("uid=new,").empty(); });
}

TEST_P(Sync, ReferencesAreCountedAndNotFollowed) {
  add_people(3);
  server_.add("ou=elsewhere," + server_.people(), {{"objectClass", {"referral", "extensibleObject"}}, {"ou", {"elsewhere"}}, {"ref", {"ldap://no.such.host.invalid/ou=elsewhere"}}});
  for (const char* capture : {"sync", "poll", "scan"}) {
    auto reading = begin({{"capture", capture}});
    reading.read_until("the end of the scan", [&] { return reading.scanned; });
    EXPECT_EQ(reading.seen.entries.size(), 3U) << capture;
    EXPECT_THAT(reading.progress.note, HasSubstr("1 reference to other servers not followed")) << capture;
  }
}

TEST_P(Sync, AnEmptyBaseIsAnEmptyScan) {
  auto reading = begin();
  ASSERT_TRUE(reading.read_all().ok());
  EXPECT_TRUE(reading.scanned);
  EXPECT_EQ(reading.seen.records, 0U);
}

TEST_P(Sync, APositionOfSomethingElseIsGone) {
  add_people(1);
  for (const char* wrong : {"x", "1 poll follow 0 0 0 20260101000000Z", "2 sync follow 0 0 0 rid=0", "1 sync follow x 0 0 rid=0"}) {
    auto reading = begin();
    reading.position = wrong;
    EXPECT_EQ(reading.read().code, MG_GONE) << wrong;
  }
}

TEST_P(Sync, ACookieThatTheServerDoesNotUnderstandDeletesNobody) {
  add_people(5);
  auto reading = begin();
  reading.position = "1 sync follow 0 cbf29ce484222325 0 rid=000,csn=nonsense";
  // This server takes it for none, and says nothing of what is not there; another may refuse it.
  static_cast<void>(reading.read());
  EXPECT_FALSE(reading.scanned);
  EXPECT_TRUE(reading.seen.removed.empty());
}

}  // namespace

}  // namespace meshgate::ldap_test
