#include "gateway/plugins/plugin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/base/log.hpp"
#include "gateway/ingest/connection.hpp"

namespace meshgate::ingest {

using testing::AllOf;
using testing::HasSubstr;
using plugins::PluginFolders;

namespace {

std::string wrong(const std::string& name) { return WRONG_PLUGINS "/" + name + ".so"; }

/// What the loader says of a plugin that it must refuse.
std::string refusal(const std::string& file, std::uint32_t abi = MG_CONNECTOR_ABI) {
  const auto plugin = Plugin::load(file, abi);
  if (plugin) return "it was taken";
  EXPECT_EQ(plugin.error().code, Code::config);
  EXPECT_THAT(plugin.error().message, HasSubstr(file)) << "the file is named";
  return plugin.error().message;
}

class Nothing : public RecordSink {
 public:
  Status columns(const SourceColumns& columns) override {
    announced = columns;
    return verdict;
  }
  Flow record(const Record& record, std::string_view) override {
    ++records;
    width = record.values.size();
    return Flow::more;
  }
  SourceColumns announced;
  Status verdict;
  int records = 0;
  std::size_t width = 0;
};

/// A stream of a plugin that loads well and reads badly.
struct Reading {
  explicit Reading(const std::string& name) {
    const auto plugin = Plugin::load(wrong(name));
    EXPECT_TRUE(plugin) << plugin.error().message;
    auto opened = Connection::open(*plugin, {}, log);
    EXPECT_TRUE(opened);
    connection = std::move(*opened);
    auto made = connection->open_stream({});
    EXPECT_TRUE(made);
    stream.emplace(std::move(*made));
  }
  Result<Progress> read(const std::string& what) { return stream->read({what}, {}, sink); }

  base::Log log{base::Level::error};
  std::unique_ptr<Connection> connection;
  std::optional<Stream> stream;
  Nothing sink;
};

}  // namespace

TEST(WrongPlugin, OtherAbi) {
  EXPECT_THAT(refusal(wrong("abi_seven")), AllOf(HasSubstr("too new"), HasSubstr("ABI 7"), HasSubstr("gateway has 1")));
  EXPECT_THAT(refusal(wrong("abi_seven"), 8), AllOf(HasSubstr("too old"), HasSubstr("ABI 7"), HasSubstr("gateway has 8")));
}

TEST(WrongPlugin, Entry) {
  EXPECT_THAT(refusal(wrong("no_entry")), AllOf(HasSubstr("no connector"), HasSubstr("mg_connector_entry")));
  EXPECT_THAT(refusal(wrong("entry_null")), HasSubstr("cannot serve a gateway of connector ABI 1"));
}

TEST(WrongPlugin, Module) {
  EXPECT_THAT(refusal(wrong("too_small")), AllOf(HasSubstr("size 64"), HasSubstr(std::to_string(sizeof(mg_connector_module)))));
  EXPECT_THAT(refusal(wrong("no_lookup")), HasSubstr("no function 'lookup'"));
  EXPECT_THAT(refusal(wrong("half_a_writer")), HasSubstr("no function 'fold'"));
  EXPECT_THAT(refusal(wrong("no_name")), HasSubstr("does not say its name"));
}

TEST(WrongPlugin, Options) {
  EXPECT_THAT(refusal(wrong("option_twice")), AllOf(HasSubstr("stream option 2"), HasSubstr("'path' is described twice")));
  EXPECT_THAT(refusal(wrong("option_type")), AllOf(HasSubstr("connection option 1"), HasSubstr("unknown type 99")));
  EXPECT_THAT(refusal(wrong("options_nowhere")), HasSubstr("3 entries at no address"));
}

TEST(WrongPlugin, File) {
  EXPECT_THAT(refusal(wrong("unresolved")), HasSubstr("a_function_that_nobody_has"));
  EXPECT_THAT(refusal(wrong("no_elf")), HasSubstr("no ELF file"));
  EXPECT_THAT(refusal(wrong("not_there")), HasSubstr("no such connector file"));
  EXPECT_THAT(refusal(WRONG_PLUGINS), HasSubstr("is not a file"));
}

TEST(WrongPlugin, ExceptionThroughTheBorder) {
  Reading reading("throws");
  const auto progress = reading.read("");
  ASSERT_FALSE(progress);
  EXPECT_EQ(progress.error().code, Code::internal);
  EXPECT_THAT(progress.error().message, AllOf(HasSubstr("read()"), HasSubstr("the driver was surprised"), HasSubstr("throws.so")));
}

TEST(WrongPlugin, BrokenPromisesOfRead) {
  const std::pair<const char*, const char*> cases[] = {{"no columns", "before its columns"},
                                                       {"columns nowhere", "3 columns at no address"},
                                                       {"column count", "1000000 columns"},
                                                       {"column name twice", "'id' is there twice"},
                                                       {"column without name", "column 3 has no name"},
                                                       {"column name not utf-8", "not UTF-8"},
                                                       {"column type", "unknown type 77"},
                                                       {"column size", "size 8 instead of 48"},
                                                       {"key gap", "key columns"},
                                                       {"value count", "2 values for 3 columns"},
                                                       {"values nowhere", "no address"},
                                                       {"kind unknown", "kind 77"},
                                                       {"kind of another column", "column 'id' is not of its column's kind"},
                                                       {"text nowhere", "a size, but no address"},
                                                       {"boolean", "neither 0 nor 1"},
                                                       {"record size", "another size"},
                                                       {"record nowhere", "no address"},
                                                       {"operation", "unknown operation"},
                                                       {"fault nowhere", "fault has no address"},
                                                       {"flags", "unknown flags 1024"},
                                                       {"scan flags", "without MG_SCANNING"},
                                                       {"position nowhere", "at no address"},
                                                       {"position too long", "at most 1 MiB"},
                                                       {"code unknown", "code 55"},
                                                       {"code bad record", "code 5"}};
  for (const auto& [what, sentence] : cases) {
    SCOPED_TRACE(what);
    Reading reading("misreads");
    const auto progress = reading.read(what);
    ASSERT_FALSE(progress);
    EXPECT_EQ(progress.error().code, Code::internal);
    EXPECT_THAT(progress.error().message, AllOf(HasSubstr(sentence), HasSubstr("misreads.so"), HasSubstr("tell its author")));
    EXPECT_TRUE(reading.read("nothing wrong")) << "a broken promise does not stay";
  }
}

TEST(WrongPlugin, Messages) {
  Reading reading("misreads");
  const auto open_end = reading.read("message not terminated");
  ASSERT_FALSE(open_end);
  EXPECT_EQ(open_end.error().code, Code::retry);
  EXPECT_EQ(open_end.error().message.size(), 1020U);
  const auto latin = reading.read("message not utf-8");
  ASSERT_FALSE(latin);
  EXPECT_EQ(latin.error().message, "caf?");
  const auto silent = reading.read("no message");
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, Code::auth);
  EXPECT_THAT(silent.error().message, HasSubstr("without saying why"));
}

TEST(WrongPlugin, SuccessWithoutAStream) {
  Reading reading("misreads");
  const auto stream = reading.connection->open_stream({{"a", "b"}});
  ASSERT_FALSE(stream);
  EXPECT_THAT(stream.error().message, HasSubstr("without a stream"));
}

TEST(Border, LeavesUncarriedColumnsOut) {
  Reading reading("misreads");
  ASSERT_TRUE(reading.read("nothing wrong"));
  ASSERT_EQ(reading.sink.announced.uncarried.size(), 1U);
  EXPECT_EQ(reading.sink.announced.uncarried[0].name, "shape");
  EXPECT_EQ(reading.sink.announced.uncarried[0].native, "native");
  ASSERT_EQ(reading.sink.announced.schema.fields.size(), 2U);
  EXPECT_EQ(reading.sink.announced.schema.fields[0].key, 1);
  EXPECT_EQ(reading.sink.width, 2U);
}

TEST(Border, AKeyThatCannotBeCarriedWholeIsNone) {
  Reading reading("misreads");
  ASSERT_TRUE(reading.read("key uncarried"));
  EXPECT_TRUE(reading.sink.announced.schema.key().empty());
}

TEST(Border, TheSinksRefusalEndsTheRead) {
  Reading reading("misreads");
  reading.sink.verdict = Error{Code::config, "the feed uses column shape"};
  const auto progress = reading.read("nothing wrong");
  ASSERT_FALSE(progress);
  EXPECT_EQ(progress.error().message, "the feed uses column shape");
  EXPECT_EQ(reading.sink.records, 0);
}

TEST(PluginFolders, FindsByName) {
  const PluginFolders folders({WRONG_PLUGINS "/nowhere", CONNECTORS});
  const auto files = folders.load("files");
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->name(), "files");
  EXPECT_FALSE(files->version().empty());
  EXPECT_FALSE(files->summary().empty());
  ASSERT_EQ(files->connection_options().keys.size(), 1U);
  EXPECT_EQ(files->connection_options().keys[0].name, "path");
  EXPECT_EQ(files->connection_options().keys[0].form, config::Form::path);
  EXPECT_TRUE(files->connection_options().keys[0].required);
  EXPECT_THAT(folders.names(), testing::Contains("files"));
}

TEST(PluginFolders, SaysWhereItLooked) {
  const PluginFolders folders({CONNECTORS});
  const auto missing = folders.load("oracle");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, AllOf(HasSubstr("'oracle'"), HasSubstr(CONNECTORS), HasSubstr("files")));
  for (const char* name : {"", "../files", "/etc/passwd"}) {
    const auto odd = folders.load(name);
    ASSERT_FALSE(odd);
    EXPECT_THAT(odd.error().message, HasSubstr("is not a name"));
  }
}

}  // namespace meshgate::ingest
