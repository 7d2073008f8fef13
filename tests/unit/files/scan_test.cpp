#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "gateway/base/log.hpp"
#include "gateway/ingest/connection.hpp"

namespace meshgate::files {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ingest::Progress;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

namespace {

/// Records as "name=text …", faults as "! reason".
class Lines : public ingest::RecordSink {
 public:
  Status columns(const ingest::SourceColumns& columns) override {
    schema = columns.schema;
    return {};
  }
  Flow record(const Record& record, std::string_view raw) override {
    std::string line = record.fault.empty() ? "" : "! " + std::string(record.fault) + " |";
    for (std::size_t i = 0; i < record.values.size(); ++i) {
      if (record.values[i].null) continue;
      line += (line.empty() ? "" : " ") + schema.fields[i].name + "=";
      EXPECT_EQ(append_text(line, record.values[i]), Exact::exact);
    }
    lines.push_back(line);
    last_raw = raw;
    return Flow::more;
  }
  [[nodiscard]] std::string types() const {
    std::string out;
    for (const Field& field : schema.fields) out += (out.empty() ? "" : " ") + field.name + ":" + std::string(name(field.type));
    return out;
  }
  Schema schema;
  std::vector<std::string> lines;
  std::string last_raw;
};

/// A folder, and a stream of the connector that is linked in.
class ScanTest : public testing::Test {
 protected:
  ScanTest() {
    std::string pattern = (fs::temp_directory_path() / "meshgate-scan-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ScanTest() override {
    stream_.reset();
    connection_.reset();
    fs::remove_all(folder_);
  }

  void write(const std::string& name, const std::string& text, std::chrono::seconds age = 1h) {
    std::ofstream(folder_ / "new.tmp", std::ios::binary) << text;
    fs::last_write_time(folder_ / "new.tmp", fs::file_time_type::clock::now() - age);
    fs::rename(folder_ / "new.tmp", folder_ / name);
  }
  /// Opens a stream; the sentence when it cannot be.
  std::string open(ingest::Settings settings) {
    stream_.reset();
    const auto plugin = ingest::Plugin::accept(mg_connector_entry(MG_CONNECTOR_ABI), "linked in");
    auto connection = ingest::Connection::open(*plugin, {{"path", folder_.string()}}, log_);
    connection_ = std::move(*connection);
    auto stream = connection_->open_stream(settings);
    if (!stream) return stream.error().message;
    stream_.emplace(std::move(*stream));
    return {};
  }
  Progress read(std::uint64_t records = 1000) {
    sink_.lines.clear();
    auto progress = stream_->read(at_, {.max_wait = 5000ms, .max_records = records}, sink_);
    EXPECT_TRUE(progress) << progress.error().message;
    if (!progress) return {};
    at_ = progress->position;
    return *progress;
  }

  fs::path folder_;
  base::Log log_{base::Level::error};
  std::unique_ptr<ingest::Connection> connection_;
  std::optional<ingest::Stream> stream_;
  Position at_;
  Lines sink_;
};

}  // namespace

TEST_F(ScanTest, CsvWithoutTypesIsText) {
  write("a.csv", "\xef\xbb\xbfid;name\r\n1;Ann\r\n2;\r\n3;\"\"\r\n\r\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}, {"delimiter", ";"}}), "");
  const Progress all = read();
  EXPECT_TRUE(all.scan_began && all.scan_ended && all.idle);
  EXPECT_EQ(sink_.types(), "id:text name:text");
  EXPECT_EQ(sink_.schema.fields[0].key, 1);
  EXPECT_THAT(sink_.lines, ElementsAre("id=1 name=Ann", "id=2", "id=3 name="));
}

TEST_F(ScanTest, JsonTypesAreFoundFromTheSample) {
  write("a.jsonl", "{\"id\":1,\"n\":1,\"s\":\"x\",\"m\":1,\"z\":null}\n{\"id\":2,\"n\":2.5,\"s\":null,\"m\":\"a\",\"l\":[1]}\n");
  ASSERT_EQ(open({{"files", "a.jsonl"}, {"key", "id"}}), "");
  read();
  EXPECT_EQ(sink_.types(), "id:int64 n:decimal s:text m:json z:json l:json");
  EXPECT_THAT(sink_.lines, ElementsAre("id=1 n=1 s=x m=1", "id=2 n=2.5 m=\"a\" l=[1]"));
}

TEST_F(ScanTest, AFieldThatComesLaterBecomesAColumn) {
  write("a.jsonl", "{\"id\":1}\n{\"id\":2,\"late\":true}\n{\"id\":3}\n");
  ASSERT_EQ(open({{"files", "a.jsonl"}, {"key", "id"}, {"sample", "1"}}), "");
  read();
  EXPECT_EQ(sink_.types(), "id:int64 late:bool");
  EXPECT_THAT(sink_.lines, ElementsAre("id=1", "id=2 late=true", "id=3"));
}

TEST_F(ScanTest, WhatDoesNotFitIsAFaultWithItsKey) {
  write("a.jsonl", "{\"id\":1,\"n\":1}\n{\"id\":2,\"n\":1.5}\nno json\n{\"id\":3,\"n\":\"\\u00e4\"}\n{\"id\":4,\"id\":5}\n{\"id\":6,\"n\":7}\n");
  ASSERT_EQ(open({{"files", "a.jsonl"}, {"key", "id"}, {"sample", "1"}}), "");
  EXPECT_TRUE(read().scan_ended);
  EXPECT_THAT(sink_.lines, ElementsAre("id=1 n=1", "! a.jsonl line 2: column n: 1.5 is not int64 | id=2", "! a.jsonl line 3: the line is not a JSON object |",
                                       "! a.jsonl line 4: column n: \"\\u00e4\" is not int64 | id=3",
                                       "! a.jsonl line 5: field id is there twice |", "id=6 n=7"));
}

TEST_F(ScanTest, CsvFaults) {
  write("a.csv", "id,n\n1,5\n2\n3,x\n\xff,6\n4,\"a\"b\n5,\"7\n6,8\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}, {"types", "n:int64"}}), "");
  EXPECT_TRUE(read().scan_ended);
  EXPECT_THAT(sink_.lines, ElementsAre("id=1 n=5", HasSubstr("line 3: the number of fields"), "! a.csv line 4: column n: x is not int64 | id=3",
                                       HasSubstr("line 5: column id: its bytes are not UTF-8"), HasSubstr("line 6: text stands behind"),
                                       HasSubstr("line 7: the record is longer than max_record, or its quotes"), "id=6 n=8"));
}

TEST_F(ScanTest, FilesOfAPatternFollowEachOther) {
  write("o-2.csv", "name,id\nBob,2\n");
  write("o-1.csv", "id,name\n1,Ann\n");
  write("o-3.csv", "id,name,mail\n3,Cy,c@x\n");
  write(".o-4.csv", "id,name\n4,hidden\n");
  ASSERT_EQ(open({{"files", "o-*.csv"}, {"key", "id"}}), "");
  const Progress one = read(1);
  EXPECT_THAT(sink_.lines, ElementsAre("id=1 name=Ann"));
  EXPECT_FALSE(one.scan_ended);
  EXPECT_GE(one.total, 2U);
  EXPECT_TRUE(read().scan_ended);
  EXPECT_THAT(sink_.lines, ElementsAre("id=2 name=Bob", "id=3 name=Cy mail=c@x"));
}

TEST_F(ScanTest, AnUnchangedFolderIsNotReadAgain) {
  write("a.csv", "id\n1\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  const Progress first = read();
  const Progress second = read();
  EXPECT_TRUE(second.idle);
  EXPECT_FALSE(second.scanning);
  EXPECT_EQ(second.position, first.position);
  EXPECT_GE(second.as_of->count, first.as_of->count);
  EXPECT_THAT(sink_.lines, SizeIs(0));
  write("a.csv", "id\n2\n", 2h);
  EXPECT_TRUE(read().scan_began);
  EXPECT_THAT(sink_.lines, ElementsAre("id=2"));
}

TEST_F(ScanTest, AFreshFileIsReadAgain) {
  write("a.csv", "id\n1\n", 0s);
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  read();
  EXPECT_TRUE(read().scan_began) << "within the clock's grain a change would not show";
}

TEST_F(ScanTest, AReplacedFileIsFinishedWhileItIsOpen) {
  write("a.csv", "id\n1\n2\n3\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  read(1);
  write("a.csv", "id\n7\n");
  EXPECT_TRUE(read().scan_ended);
  EXPECT_THAT(sink_.lines, ElementsAre("id=2", "id=3"));
  EXPECT_TRUE(read().scan_began);
  EXPECT_THAT(sink_.lines, ElementsAre("id=7"));
}

TEST_F(ScanTest, AReplacedFileBeginsTheScanAgainAfterARestart) {
  write("a.csv", "id\n1\n2\n3\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  read(1);
  write("a.csv", "id\n7\n8\n9\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  EXPECT_TRUE(read().scan_began);
  EXPECT_THAT(sink_.lines, ElementsAre("id=7", "id=8", "id=9"));
}

TEST_F(ScanTest, AShortenedFileBeginsTheScanAgain) {
  write("a.csv", "id\n1\n2\n3\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  read(2);
  fs::resize_file(folder_ / "a.csv", 5);
  EXPECT_TRUE(read().scan_began);
  EXPECT_THAT(sink_.lines, ElementsAre("id=1"));
}

TEST_F(ScanTest, BytesChangedInPlaceBeginTheScanAgainAfterARestart) {
  write("a.csv", "id\n1\n2\n3\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  read(2);
  std::fstream(folder_ / "a.csv", std::ios::in | std::ios::out).seekp(3) << '9';
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  EXPECT_TRUE(read().scan_began);
  EXPECT_THAT(sink_.lines, ElementsAre("id=9", "id=2", "id=3"));
}

TEST_F(ScanTest, AGrowingFileIsReadOn) {
  write("a.csv", "id\n1\n2\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  read(1);
  std::ofstream(folder_ / "a.csv", std::ios::app) << "3\n";
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}}), "");
  const Progress rest = read();
  EXPECT_FALSE(rest.scan_began);
  EXPECT_THAT(sink_.lines, ElementsAre("id=2", "id=3"));
}

TEST_F(ScanTest, AnUnfinishedLastLineWaitsUntilItRests) {
  write("a.csv", "id,n\n1,10\n2,2", 0s);
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "id"}, {"settle", "3600000"}}), "");
  const Progress waiting = read();
  EXPECT_TRUE(waiting.idle && waiting.scanning);
  EXPECT_FALSE(waiting.scan_ended);
  EXPECT_THAT(sink_.lines, ElementsAre("id=1 n=10"));
  std::ofstream(folder_ / "a.csv", std::ios::app) << "0\n";
  EXPECT_TRUE(read().scan_ended);
  EXPECT_THAT(sink_.lines, ElementsAre("id=2 n=20"));

  write("a.csv", "id,n\n3,3", 2h);
  EXPECT_TRUE(read().scan_ended);
  EXPECT_THAT(sink_.lines, ElementsAre("id=3 n=3"));
}

TEST_F(ScanTest, AFileThatIsGoneIsNotEmpty) {
  write("a.csv", "id\n1\n");
  ASSERT_EQ(open({{"files", "*.csv"}, {"key", "id"}}), "");
  read();
  fs::remove(folder_ / "a.csv");
  const auto gone = stream_->read(at_, {}, sink_);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::retry);
  EXPECT_THAT(gone.error().message, HasSubstr("no file *.csv"));
}

TEST_F(ScanTest, LooksUpCompositeKeys) {
  write("a.csv", "a,b,n\nx,1,5\nx,2,6\ny,1,7\ny,2,bad\n");
  ASSERT_EQ(open({{"files", "a.csv"}, {"key", "b"}, {"key", "a"}, {"types", "b:int64"}, {"types", "n:int64"}}), "");
  const std::vector<Value> keys = {Value::of_int64(2), Value::of_text(Type::text, "x"), Value::of_int64(2), Value::of_text(Type::text, "y"),
                                   Value::of_int64(9), Value::of_text(Type::text, "x")};
  const Status found = stream_->lookup(keys, 2, sink_);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(sink_.lines, ElementsAre("a=x b=2 n=6", "! a.csv line 5: column n: bad is not int64 | a=y b=2"));
  EXPECT_EQ(sink_.last_raw, "y,2,bad");
  EXPECT_FALSE(stream_->lookup(keys, 3, sink_));
}

TEST_F(ScanTest, AKeyOfSeveralKindsMustBeDeclared) {
  write("a.jsonl", "{\"id\":1}\n{\"id\":\"b\"}\n");
  EXPECT_THAT(open({{"files", "a.jsonl"}, {"key", "id"}}), HasSubstr("declare its type"));
}

TEST_F(ScanTest, ABadHeaderIsToldWhenTheStreamIsOpened) {
  write("a.csv", "id,id\n1,2\n");
  EXPECT_THAT(open({{"files", "a.csv"}}), HasSubstr("same name"));
  write("a.csv", "id,,x\n1,2,3\n");
  EXPECT_THAT(open({{"files", "a.csv"}}), HasSubstr("no name"));
  write("a.csv", "");
  EXPECT_THAT(open({{"files", "a.csv"}}), HasSubstr("is empty"));
}

}  // namespace meshgate::files
