#pragma once

#include <rocksdb/sst_file_writer.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/store/engine.hpp"
#include "gateway/store/keys.hpp"

namespace meshgate::store {

/// Entries that lie behind all others of their feed, written straight into table files and then given to the database: no write-ahead log, no
/// table in memory, no compaction. Until take_in() the database knows nothing of them; behind it they are entries beyond the feed's seq until the
/// write that moves the seq is made (see DiskFeed::drop_unfinished).
class Load {
 public:
  /// What is written is taken in when it has grown to so much, or is so old.
  static constexpr std::uint64_t kMostBytes = 64U << 20U;
  static constexpr std::chrono::milliseconds kMostTime{1000};
  /// A load that got no further was not worth its files.
  static constexpr std::uint64_t kWorthwhileBytes = 4U << 20U;

  /// `most_files`: of as many partitions at once; beyond, their files are too small to be a gain.
  Load(Engine& engine, std::size_t most_files) : engine_(engine), most_files_(most_files) {}
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Behind all earlier entries of the range, or of the index. A failure shows in status().
  void put_line(const LogRange& range, std::string_view key, std::string_view line);
  void put_index(std::string_view key, std::string_view value);
  [[nodiscard]] Status status() const;
  [[nodiscard]] bool full() const { return bytes_ >= kMostBytes || scattered() || std::chrono::steady_clock::now() - began_ >= kMostTime; }
  [[nodiscard]] bool worthwhile() const { return bytes_ >= kWorthwhileBytes && !scattered(); }

  /// All or nothing, and durable. Blocks.
  [[nodiscard]] Status take_in();

 private:
  struct File {
    std::string path;
    std::unique_ptr<rocksdb::SstFileWriter> writer;
  };
  [[nodiscard]] bool scattered() const { return lines_.size() > most_files_; }
  void open(Family family, File& file);
  void put(File& file, std::string_view key, std::string_view value);
  void note(const rocksdb::Status& status);

  Engine& engine_;
  const std::size_t most_files_;
  std::map<std::pair<PartitionNumber, Generation>, File> lines_;
  File* last_lines_ = nullptr;
  std::pair<PartitionNumber, Generation> last_range_{};
  File index_;
  std::uint64_t bytes_ = 0;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  rocksdb::Status status_;
};

}  // namespace meshgate::store
