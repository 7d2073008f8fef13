#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "gateway/store/store.hpp"
#include "mesh/lines.hpp"

namespace meshgate::store {

/// A folder that goes with the test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "meshgate-store-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<Store> opened(const std::filesystem::path& folder, rocksdb::Env* env = nullptr) {
  Options options;
  options.folder = folder;
  options.env = env;
  auto out = Store::open(options);
  EXPECT_TRUE(out) << out.error().message;
  return out ? std::move(*out) : nullptr;
}

using Names = std::vector<std::string>;
inline const Names kWhole{""};

/// One change per batch, for short tests.
inline Batch put(const std::string& key, const std::string& id, const std::string& content, const Names& partitions = kWhole) {
  Batch out("rows");
  out.put(key, id, content, partitions);
  return out;
}
inline Batch put(const std::string& id, const std::string& content) { return put(id, id, content); }
inline Batch removed(const std::string& key) {
  Batch out("rows");
  out.remove(key);
  return out;
}

inline Outcome commit(Feed& feed, const Batch& batch, Seen* seen = nullptr) {
  auto out = feed.commit(batch, seen);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : Outcome{};
}

inline Page page(const Feed& feed, const std::string& partition = "", const Cursor& after = {}, std::uint64_t entries = 1000) {
  auto out = feed.changes(partition, after, {.entries = entries, .bytes = 1U << 20U});
  EXPECT_TRUE(out) << out.error().message;
  return out ? std::move(*out) : Page{};
}

/// The lines of a page in short: "+<seq>:<id>:<n>", "-<seq>:<id>", "trim<seq>:<through>".
inline std::string brief(const Page& page) {
  std::string out;
  LineParser parser;
  std::string_view rest(page.lines);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const auto line = parser.parse(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    if (!out.empty()) out += ' ';
    if (!line) return "not a line: " + line.error().message;
    const auto text = [](Seq seq) { return std::to_string(number(seq)); };
    if (const auto* put = std::get_if<PutLine>(&*line)) out += "+" + text(put->seq) + ":" + std::string(put->id) + ":" + std::to_string(put->rev.n);
    if (const auto* gone = std::get_if<GoneLine>(&*line)) out += "-" + text(gone->seq) + ":" + std::string(gone->id);
    if (const auto* trim = std::get_if<TrimLine>(&*line)) out += "trim" + text(trim->seq) + ":" + text(trim->through);
  }
  return out;
}

inline std::shared_ptr<Feed> feed_of(Store& store, const std::string& name = "f") {
  auto out = store.feed(name);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : nullptr;
}

inline void expect_whole(const Feed& feed) {
  const auto whole = feed.verify();
  EXPECT_TRUE(whole) << whole.error().message;
}

}  // namespace meshgate::store
