#include <gmock/gmock.h>

#include <fstream>

#include "tests/unit/store/folder.hpp"

namespace meshgate::store {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::filesystem::path newest(const std::filesystem::path& folder, const std::string& ending) {
  std::filesystem::path out;
  for (const auto& file : std::filesystem::directory_iterator(folder / "db")) {
    if (file.path().extension() == ending && file.file_size() > 0 && (out.empty() || file.path().filename() > out.filename())) out = file.path();
  }
  return out;
}

void flip(const std::filesystem::path& file, std::uintmax_t at) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(bytes.get() ^ 0x40);
  bytes.seekp(static_cast<std::streamoff>(at));
  bytes.put(byte);
}

/// A data folder as a dead machine leaves it: copied while the store is open, so that nothing was closed in order.
void write_and_die(const Folder& folder, int items) {
  const auto store = opened(folder / "live");
  const auto feed = feed_of(*store);
  for (int i = 1; i <= items; ++i) commit(*feed, put(std::to_string(i), R"({"a":"0123456789"})"));
  std::filesystem::copy(folder / "live", folder / "data", std::filesystem::copy_options::recursive);
  std::filesystem::remove(folder / "data/db/LOCK");
}

TEST(StoreDamage, ATornTailLosesOnlyTheCommitThatWasTorn) {
  for (const std::uintmax_t cut : {1U, 7U, 40U, 100U}) {
    const Folder folder;
    write_and_die(folder, 20);
    const auto log = newest(folder / "data", ".log");
    std::filesystem::resize_file(log, std::filesystem::file_size(log) - cut);
    const auto store = opened(folder / "data");
    ASSERT_TRUE(store) << "cut " << cut;
    const auto feed = feed_of(*store);
    EXPECT_EQ(feed->state().count, 19U) << "cut " << cut;
    EXPECT_EQ(feed->state().seq, Seq{19});
    expect_whole(*feed);
    commit(*feed, put("20", R"({"a":"0123456789"})"));
    expect_whole(*feed);
  }
}

TEST(StoreDamage, AFlippedByteWithinTheWriteAheadLogIsFound) {
  const Folder folder;
  write_and_die(folder, 20);
  const auto log = newest(folder / "data", ".log");
  flip(log, std::filesystem::file_size(log) / 2);
  Options options;
  options.folder = folder / "data";
  const auto store = Store::open(options);
  ASSERT_FALSE(store) << "acknowledged commits would be lost in silence";
  EXPECT_EQ(store.error().code, Code::corrupt);
  EXPECT_THAT(store.error().message, HasSubstr("is damaged"));
  EXPECT_THAT(store.error().message, HasSubstr("meshgate restore"));
}

TEST(StoreDamage, AFlippedByteInATableIsFoundAndNamed) {
  const Folder folder;
  {
    const auto store = opened(folder / "first");
    const auto feed = feed_of(*store);
    for (int i = 1; i <= 50; ++i) commit(*feed, put(std::to_string(i), "{\"a\":" + std::to_string(i * 7919) + "}"));
    ASSERT_TRUE(store->backup(folder / "backup"));
  }
  int found = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder / "backup" / "db")) {
    if (file.path().extension() != ".sst") continue;
    std::filesystem::remove_all(folder / "data");
    std::filesystem::copy(folder / "backup", folder / "data", std::filesystem::copy_options::recursive);
    flip(folder / "data" / "db" / file.path().filename(), 30);
    const auto restored = Store::restore(folder / "data", folder / "restored");
    ASSERT_FALSE(restored) << file.path();
    EXPECT_EQ(restored.error().code, Code::corrupt) << restored.error().message;
    EXPECT_THAT(restored.error().message, AnyOf(HasSubstr(file.path().filename().string()), HasSubstr("damaged")));
    ++found;
  }
  EXPECT_GE(found, 3);
}

TEST(StoreDamage, ReadingADamagedTableSaysSo) {
  const Folder folder;
  {
    const auto store = opened(folder / "first");
    const auto feed = feed_of(*store);
    for (int i = 1; i <= 50; ++i) commit(*feed, put(std::to_string(i), "{\"a\":" + std::to_string(i * 7919) + "}"));
    ASSERT_TRUE(store->backup(folder / "data"));
  }
  std::filesystem::path biggest;
  for (const auto& file : std::filesystem::directory_iterator(folder / "data" / "db")) {
    if (file.path().extension() == ".sst" && (biggest.empty() || file.file_size() > std::filesystem::file_size(biggest))) biggest = file.path();
  }
  flip(biggest, 30);
  Options options;
  options.folder = folder / "data";
  const auto store = Store::open(options);
  if (!store) {
    EXPECT_EQ(store.error().code, Code::corrupt);
    return;
  }
  const auto whole = feed_of(**store)->verify();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, Code::corrupt);
  EXPECT_THAT(whole.error().message, HasSubstr(biggest.filename().string()));
}

}  // namespace
}  // namespace meshgate::store
