#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "gateway/device/cutter.hpp"
#include "gateway/device/mirror_file.hpp"
#include "tests/unit/device/mirror_fixture.hpp"

namespace meshgate::device {
namespace {

using testing::HasSubstr;

class FileTest : public test::MirrorFixture {
 protected:
  Error refused() {
    auto file = MirrorFile::open(file_);
    EXPECT_FALSE(file.has_value());
    return file ? Error{} : file.error();
  }
};

TEST_F(FileTest, WhatIsNoDatabaseIsRefused) {
  std::ofstream(file_) << std::string(5000, 'x');
  const Error error = refused();
  EXPECT_EQ(error.code, Code::corrupt);
  EXPECT_THAT(error.message, HasSubstr(file_));
  EXPECT_THAT(error.message, HasSubstr("not an SQLite database"));
}

TEST_F(FileTest, AnotherProgramsDatabaseIsRefusedAndNotTouched) {
  alter("CREATE TABLE mine(a)");
  EXPECT_THAT(refused().message, HasSubstr("but not a mirror"));
  EXPECT_EQ(sql("SELECT group_concat(name) FROM sqlite_schema"), "mine");
}

TEST_F(FileTest, AFileOfANewerFormatIsRefused) {
  ASSERT_TRUE(MirrorFile::open(file_).has_value());
  alter("PRAGMA user_version=2");
  const Error error = refused();
  EXPECT_EQ(error.code, Code::unsupported);
  EXPECT_THAT(error.message, HasSubstr("newer meshgate"));
}

TEST_F(FileTest, AFolderThatIsNotThereIsSaid) {
  file_ = folder_ + "/no/such/copy.db";
  EXPECT_THAT(refused().message, HasSubstr("check that its folder exists"));
}

TEST_F(FileTest, ADamagedFileIsASentence) {
  test::CannedNode node(test::small_schema());
  for (int i = 0; i < 2000; ++i) node.put(std::to_string(i), test::small_content(i));
  once(node);
  {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file_));
    const std::string rubbish(4096, '\x5a');
    for (std::streamoff at = 4096 * 8; at < size; at += 4096) {
      file.seekp(at);
      file.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
    }
  }
  MirrorOptions wanted = options(node);
  wanted.once = true;
  auto summary = run(wanted);
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, Code::corrupt);
  EXPECT_THAT(summary.error().message, HasSubstr("the file is damaged"));
}

TEST_F(FileTest, ATableOfTheUsersIsNotTakenOver) {
  ASSERT_TRUE(MirrorFile::open(file_).has_value());
  alter("CREATE TABLE Orders(a)");
  auto file = MirrorFile::open(file_);
  ASSERT_TRUE(file.has_value());
  auto adopted = (*file)->adopt("orders", std::string(32, '1'), false, test::small_schema(), false);
  ASSERT_FALSE(adopted.has_value());
  EXPECT_THAT(adopted.error().message, HasSubstr("already that is not the mirror's"));
}

TEST_F(FileTest, AFullDiskSaysSoAndGoesOn) {
  auto file = MirrorFile::open(file_, {.lines_per_commit = 1});
  ASSERT_TRUE(file.has_value());
  auto feed = (*file)->adopt("orders", std::string(32, '1'), false, test::small_schema(), false);
  ASSERT_TRUE(feed.has_value()) << feed.error().message;
  auto place = (*file)->place(**feed, "");
  ASSERT_TRUE(place.has_value());
  ASSERT_TRUE((*file)->limit_pages(40).has_value());  // the file may not grow: what SQLite says on a full disk
  const std::string content = "{\"name\":\"" + std::string(100000, 'x') + "\"}";
  const auto piece = [&](int seq) {
    std::string out;
    append_put(out, Seq{static_cast<std::uint64_t>(seq)}, std::to_string(seq), {1, content_hash(std::to_string(seq), content)}, Micros{1},
               content);
    Mark mark;
    mark.cursor = {{{1, 1}}, Seq{static_cast<std::uint64_t>(seq)}, Seq{0}, Seq{0}};
    append_mark(out, mark);
    std::unique_ptr<Piece> cut;
    CutterSink sink;
    sink.piece = [&](std::unique_ptr<Piece> whole) { return (cut = std::move(whole)) != nullptr; };
    Cutter("orders", (*feed)->table.shared_columns(), sink).take(out);
    return cut;
  };
  ASSERT_TRUE((*file)->apply(**place, (*place)->generation, *piece(1)).has_value());
  auto full = (*file)->apply(**place, (*place)->generation, *piece(2));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, Code::no_space);
  EXPECT_THAT(full.error().message, HasSubstr("the disk is full"));
  EXPECT_EQ((*file)->standing(**place).cursor.seq, Seq{1});
  ASSERT_TRUE((*file)->limit_pages(100000).has_value());
  EXPECT_TRUE((*file)->apply(**place, (*place)->generation, *piece(2)).has_value());
  EXPECT_EQ((*file)->standing(**place).count, 2U);
}

}  // namespace
}  // namespace meshgate::device
