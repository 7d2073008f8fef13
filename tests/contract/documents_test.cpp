// What the pages for connector authors and users show, run as they show it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/node.hpp"
#include "gateway/base/log.hpp"
#include "gateway/ingest/options.hpp"

namespace meshgate::ingest {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

std::string all_of(const std::string& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

/// The text of the first fenced block of a kind.
std::string block(const std::string& page, const std::string& kind) {
  const std::string fence = "```" + kind + "\n";
  const std::size_t from = page.find(fence);
  if (from == std::string::npos) return {};
  const std::size_t begin = from + fence.size();
  return page.substr(begin, page.find("```", begin) - begin);
}

/// A line per record, as files/README.md shows them.
class Shown : public RecordSink {
 public:
  Status columns(const SourceColumns& columns) override {
    fields = columns.schema.fields;
    return {};
  }
  Flow record(const Record& record, std::string_view) override {
    if (!record.fault.empty()) {
      text += "fault: " + std::string(record.fault) + "\n";
      return Flow::more;
    }
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (record.values[i].null) continue;
      line += (line.empty() ? "" : " ") + fields[i].name + "=";
      EXPECT_EQ(append_text(line, record.values[i]), Exact::exact);
    }
    for (const char c : line) text += c == '\n' ? std::string("\\n") : std::string(1, c);
    text += '\n';
    return Flow::more;
  }
  std::vector<Field> fields;
  std::string text;
};

class DocumentsTest : public testing::Test {
 protected:
  DocumentsTest() {
    std::string pattern = (fs::temp_directory_path() / "meshgate-pages-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~DocumentsTest() override { fs::remove_all(folder_); }

  std::string scan(const Plugin& plugin, const Settings& connection, const Settings& stream, std::uint64_t page) {
    base::Log log(base::Level::error);
    auto opened = Connection::open(plugin, connection, log);
    if (!opened) return opened.error().message;
    if (const Status checked = (*opened)->check(); !checked) return checked.error().message;
    auto reading = (*opened)->open_stream(stream);
    if (!reading) return reading.error().message;
    Shown shown;
    Position at;
    for (int reads = 0; reads < 100; ++reads) {
      auto progress = reading->read(at, {.max_wait = 5000ms, .max_records = page}, shown);
      if (!progress) return progress.error().message;
      if (progress->scan_ended) return shown.text;
      at = progress->position;
    }
    return "the scan does not end";
  }

  fs::path folder_;
};

}  // namespace

TEST_F(DocumentsTest, TheExampleOfTheSpecificationWorks) {
  std::ofstream(folder_ / "passwd") << "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/sh\nodd:x:abc:1::/:/bin/sh\n";
  const auto plugin = Plugin::load(EXAMPLE);
  ASSERT_TRUE(plugin) << plugin.error().message;
  EXPECT_EQ(plugin->name(), "users");
  const std::string file = (folder_ / "passwd").string();
  EXPECT_EQ(scan(*plugin, {{"file", file}}, {}, 1), "name=ann uid=1000\nfault: column uid: not a number\nname=root uid=0\n");
  EXPECT_THAT(scan(*plugin, {{"file", file + ".none"}}, {}, 1), testing::HasSubstr("cannot be read; check file:"));

  base::Log log(base::Level::error);
  auto opened = Connection::open(*plugin, {{"file", file}}, log);
  ASSERT_TRUE(opened);
  auto stream = (*opened)->open_stream({});
  ASSERT_TRUE(stream);
  Shown found;
  const std::vector<Value> keys = {Value::of_text(Type::text, "root"), Value::of_text(Type::text, "nobody")};
  ASSERT_TRUE(stream->lookup(keys, 1, found));
  EXPECT_EQ(found.text, "name=root uid=0\n");
}

TEST_F(DocumentsTest, TheExampleOfTheFilesConnectorIsTrue) {
  const std::string page = all_of(FILES_README);
  std::string yaml = block(page, "yaml");
  const std::size_t path = yaml.find("/srv/shop");
  ASSERT_NE(path, std::string::npos);
  yaml.replace(path, 9, folder_.string());
  std::ofstream(folder_ / "orders.csv") << block(page, "csv");

  config::Diagnostics diagnostics;
  config::Secrets secrets;
  const auto document = config::parse_yaml(yaml, "README.md", diagnostics);
  const auto sources = read_sources(
      document["sources"], document["feeds"],
      [](const std::string& connector, const config::Place&) -> std::optional<Plugin> {
        EXPECT_EQ(connector, "files");
        auto plugin = Plugin::load(FILES_PLUGIN);
        return plugin ? std::optional(*plugin) : std::nullopt;
      },
      secrets, diagnostics);
  ASSERT_TRUE(diagnostics.empty()) << diagnostics.text();
  ASSERT_EQ(sources.size(), 1U);
  ASSERT_EQ(sources[0].feeds.size(), 1U);
  EXPECT_EQ(scan(*sources[0].plugin, sources[0].connection, sources[0].feeds[0].stream, 1000), block(page, "records"));
}

}  // namespace meshgate::ingest
