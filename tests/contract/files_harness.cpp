#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "tests/contract/harness.hpp"

namespace meshgate::contract {

namespace {

namespace fs = std::filesystem;

std::string csv_field(const std::optional<std::string>& text) {
  if (!text) return {};
  std::string out = "\"";
  for (const char c : *text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string csv_row(const Row& row) { return std::to_string(row.id) + "," + csv_field(row.name) + "," + row.total.value_or("") + "\n"; }

std::string json_row(const Row& row) {
  std::string out = "{\"id\":" + std::to_string(row.id) + ",\"name\":";
  if (row.name) {
    append_json_string(out, *row.name);
  } else {
    out += "null";
  }
  return out + ",\"total\":" + (row.total ? *row.total : "null") + "}\n";
}

/// What this process has read so far, in bytes.
std::uint64_t bytes_read() {
  std::ifstream io("/proc/self/io");
  std::string word;
  std::uint64_t count = 0;
  while (io >> word >> count) {
    if (word == "rchar:") return count;
  }
  return 0;
}

/// A folder with one file, written anew at each change.
class FilesHarness : public Harness {
 public:
  explicit FilesHarness(bool csv) : csv_(csv) {
    std::string pattern = (fs::temp_directory_path() / "meshgate-files-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    root_ = pattern;
    fs::create_directory(folder());
    write();
  }
  ~FilesHarness() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  [[nodiscard]] std::string plugin() const override { return MESHGATE_PLUGIN; }
  [[nodiscard]] ingest::Settings connection() const override { return {{"path", folder()}}; }
  [[nodiscard]] ingest::Settings stream() const override {
    return {{"files", stream_name()}, {"key", "id"}, {"types", "id:int64"}, {"types", "name:text"}, {"types", "total:decimal"}};
  }
  [[nodiscard]] std::string stream_name() const override { return csv_ ? "orders.csv" : "orders.jsonl"; }
  [[nodiscard]] bool discovers_key() const override { return false; }

  [[nodiscard]] std::vector<WrongSettings> wrong_settings() const override {
    const ingest::Settings good = connection();
    return {{"no folder", {{"path", folder() + "/nowhere"}}, stream(), "nowhere"},
            {"no path", {}, stream(), "path:"},
            {"no file", good, {{"files", "customers.csv"}}, "customers.csv"},
            {"outside", good, {{"files", "../orders.csv"}}, "../orders.csv"},
            {"no format", good, {{"files", "orders"}}, "format:"},
            {"wrong format", good, {{"files", "orders"}, {"format", "xml"}}, "xml"},
            {"no such key", good, {{"files", stream_name()}, {"key", "number"}, {"types", "id:int64"}}, "number"},
            {"key twice", good, {{"files", stream_name()}, {"key", "id"}, {"key", "id"}, {"types", "id:int64"}}, "id"},
            {"wrong type", good, {{"files", stream_name()}, {"types", "id:integer"}}, "id:integer"},
            {"type twice", good, {{"files", stream_name()}, {"types", "id:int64"}, {"types", "id:text"}}, "twice"},
            {"wrong delimiter", good, {{"files", stream_name()}, {"delimiter", "::"}}, "::"}};
  }

  void insert(const std::vector<Row>& rows) override {
    for (const Row& row : rows) rows_[row.id] = csv_ ? csv_row(row) : json_row(row);
    write();
  }
  void update(const Row& row) override { insert({row}); }
  void erase(std::int64_t id) override {
    rows_.erase(id);
    write();
  }
  bool insert_bad(std::int64_t id) override {
    const std::string number = std::to_string(id);
    rows_[id] = csv_ ? number + ",bad,many\n" : "{\"id\":" + number + ",\"name\":\"bad\",\"total\":\"many\"}\n";
    write();
    return true;
  }
  void stop_source() override { fs::rename(folder(), root_ + "/away"); }
  void start_source() override { fs::rename(root_ + "/away", folder()); }

  /// A line of 64 GiB that takes no room on the disk.
  bool block_reads() override {
    fs::resize_file(file(), std::uintmax_t{64} << 30U);
    before_ = bytes_read();
    return true;
  }
  void wait_until_blocked() override {
    while (bytes_read() < before_ + (std::uint64_t{16} << 20U)) std::this_thread::yield();
  }

 private:
  [[nodiscard]] std::string folder() const { return root_ + "/data"; }
  [[nodiscard]] std::string file() const { return folder() + "/" + stream_name(); }
  void write() const {
    const std::string temporary = root_ + "/new";
    std::ofstream out(temporary, std::ios::binary);
    if (csv_) out << "id,name,total\n";
    for (const auto& [id, line] : rows_) out << line;
    out.close();
    fs::rename(temporary, file());
  }

  bool csv_;
  std::string root_;
  std::map<std::int64_t, std::string> rows_;
  std::uint64_t before_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Files, ConnectorContract,
                         testing::Values(HarnessKind{"Csv", [] { return std::make_unique<FilesHarness>(true); }},
                                         HarnessKind{"JsonLines", [] { return std::make_unique<FilesHarness>(false); }}),
                         kind_name);

}  // namespace

}  // namespace meshgate::contract
