#include "connectors/files/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "connectors/files/position.hpp"

namespace meshgate::files {

using Outcome = RecordReader::Outcome;
using testing::ElementsAre;

namespace {

/// A file in memory.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : file_(::memfd_create("bytes", 0)) {
    EXPECT_EQ(::write(file_.number(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] int number() const { return file_.number(); }

 private:
  Descriptor file_;
};

RecordReader reader(const Bytes& bytes, Format format, size_t longest = 1 << 20, uint64_t offset = 0) {
  return {bytes.number(), Framing(format, ','), offset, 1, longest, [] { return false; }};
}

std::vector<std::string> records(const Bytes& bytes, Format format, size_t longest = 1 << 20) {
  RecordReader from = reader(bytes, format, longest);
  std::vector<std::string> out;
  RawRecord record;
  for (Outcome outcome = from.next(record); outcome != Outcome::end; outcome = from.next(record)) {
    out.push_back(std::to_string(record.line) + (outcome == Outcome::broken ? "!" : record.terminated ? ":" : "~") + std::string(record.bytes));
  }
  return out;
}

}  // namespace

TEST(RecordReader, Lines) {
  EXPECT_THAT(records(Bytes("a\nb\r\n\nc"), Format::json_lines), ElementsAre("1:a", "2:b", "3:", "4~c"));
  EXPECT_THAT(records(Bytes(""), Format::json_lines), ElementsAre());
}

TEST(RecordReader, CsvLinesEndOutsideOfQuotes) {
  EXPECT_THAT(records(Bytes("a,\"b\nc\"\nd,\"e\"\"\n\"\nf"), Format::csv), ElementsAre("1:a,\"b\nc\"", "3:d,\"e\"\"\n\"", "5~f"));
  EXPECT_THAT(records(Bytes("5\" nail,x\nnext\n"), Format::csv), ElementsAre("1:5\" nail,x", "2:next")) << "a quote inside of a field is none";
}

TEST(RecordReader, AnOpenQuoteCostsOneLine) {
  EXPECT_THAT(records(Bytes("a,\"b\nc,d\ne,f\n"), Format::csv), ElementsAre("1!a,\"b", "2:c,d", "3:e,f"));
}

TEST(RecordReader, ALineTooLongCostsItself) {
  const std::string longer(100000, 'x');
  const auto all = records(Bytes("a\n" + longer + "\nb\n"), Format::json_lines, 1000);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[1] == "2!" + longer);
  EXPECT_EQ(all[2], "3:b");
  const std::string huge(3000000, 'x');
  const auto cut = records(Bytes("a\n" + huge + "\nb\n"), Format::json_lines, 1000);
  ASSERT_EQ(cut.size(), 3U);
  EXPECT_TRUE(cut[1] == "2!" + std::string(4096, 'x'));
  EXPECT_EQ(cut[2], "3:b");
}

TEST(RecordReader, OffsetsAreResumePoints) {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += std::to_string(i) + ",\"x\n" + std::string(static_cast<size_t>(i % 7), 'y') + "\"\n";
  const Bytes bytes(text);
  RecordReader all = reader(bytes, Format::csv);
  RawRecord record;
  int count = 0;
  while (all.next(record) == Outcome::record) {
    if (++count % 10007 != 0) continue;
    RecordReader rest = reader(bytes, Format::csv, 1 << 20, all.offset());
    RawRecord next;
    ASSERT_EQ(rest.next(next), Outcome::record);
    EXPECT_TRUE(next.bytes.starts_with(std::to_string(count) + ","));
  }
  EXPECT_EQ(count, 200000);
  EXPECT_EQ(all.offset(), text.size());
  EXPECT_EQ(all.line(), 400001U);
}

TEST(RecordReader, UnreadGivesTheRecordAgain) {
  const Bytes bytes("a\nb\n");
  RecordReader from = reader(bytes, Format::json_lines);
  RawRecord record;
  ASSERT_EQ(from.next(record), Outcome::record);
  ASSERT_EQ(from.next(record), Outcome::record);
  from.unread();
  EXPECT_EQ(from.offset(), 2U);
  ASSERT_EQ(from.next(record), Outcome::record);
  EXPECT_EQ(record.bytes, "b");
  EXPECT_EQ(record.line, 2U);
}

TEST(RecordReader, Cancelled) {
  const Bytes bytes("a\n");
  RecordReader from(bytes.number(), Framing(Format::csv, ','), 0, 1, 1000, [] { return true; });
  RawRecord record;
  EXPECT_EQ(from.next(record), Outcome::cancelled);
}

TEST(ScanPoint, RoundTrips) {
  ScanPoint point;
  point.signature = UINT64_MAX;
  point.begun_us = 1767607200123456;
  point.records = 17;
  point.inode = 4;
  point.offset = 4096;
  point.line = 9;
  point.fingerprint = 77;
  point.file = "a file with 7 words.csv";
  const auto back = ScanPoint::parse(point.text());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->text(), point.text());
  EXPECT_EQ(back->file, point.file);
  point.resting = true;
  EXPECT_EQ(ScanPoint::parse(point.text())->text(), "1 rest 18446744073709551615");
}

TEST(ScanPoint, RefusesWhatIsNotOurs) {
  for (const char* text : {"", "1", "1 scan ", "1 scan 1 2 3", "1 scan 1 2 3 4 5 6 7 ", "1 scan 1 2 3 4 5 0 7 a", "1 scan 1 2 3 4 -5 6 7 a", "1 rest ",
                           "1 rest x", "1 rest 5 6", "2 rest 5"}) {
    EXPECT_FALSE(ScanPoint::parse(text)) << text;
  }
}

}  // namespace meshgate::files
