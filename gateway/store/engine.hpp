#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/store.hpp"
#include "mesh/result.hpp"

namespace meshgate::store {

enum class Family { meta, log, gone, index, origins, quarantine };
inline constexpr std::size_t kFamilies = 6;

/// The RocksDB database: opening, one way to write, errors as sentences, and what keeps writes from working. Thread safe.
class Engine {
 public:
  static Result<std::shared_ptr<Engine>> open(const Options& options);
  /// Without writing, also beside an engine that writes.
  static Result<std::shared_ptr<Engine>> open_to_read(const std::filesystem::path& folder);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] rocksdb::DB& db() const { return *db_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(Family which) const { return families_[static_cast<std::size_t>(which)]; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  enum class Durably { yes, when_convenient };
  /// All or nothing. Durable on return with Durably::yes; otherwise it survives the death of the process, not of the machine. Blocks.
  [[nodiscard]] Status write(rocksdb::WriteBatch& batch, Durably durably);
  /// Table files that were written beside the database; all of them or none, and durable. They are gone from where they were. Blocks.
  [[nodiscard]] Status take_in(std::vector<rocksdb::IngestExternalFileArg> files);
  /// Not once a write has failed, until a restart: RocksDB 7.8 goes on writing after Resume(), but aborts where it is given files.
  [[nodiscard]] bool takes_files() const { return takes_files_.load(std::memory_order_acquire); }
  /// What a failed write means, and that no other follows it before it is mended.
  Status failed(const rocksdb::Status& status);
  /// Begins to move what is in memory into files, so that the write-ahead log it stands in can go. Does not wait.
  void flush_soon();
  [[nodiscard]] Result<std::optional<std::string>> get(Family family, std::string_view key, const rocksdb::Snapshot* at = nullptr) const;
  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterate(Family family, const rocksdb::ReadOptions& options) const;

  [[nodiscard]] Writing writing() const { return writing_.load(std::memory_order_acquire); }
  /// What a failed read or write means here.
  [[nodiscard]] Error error(const rocksdb::Status& status) const;

 private:
  Engine() = default;
  /// That `bytes` can be written.
  Status make_ready(std::uint64_t bytes);
  rocksdb::Status resume();
  void note_written();
  [[nodiscard]] Error stopped() const;

  std::filesystem::path folder_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::atomic<Writing> writing_{Writing::fine};
  std::atomic<bool> takes_files_{true};
  mutable std::mutex mutex_;  ///< of the next two
  std::string why_stopped_;
  std::mutex resume_mutex_;  ///< of the next
  std::future<rocksdb::Status> resuming_;
  std::chrono::milliseconds resume_within_{};
};

/// The file beside the database that says what wrote it.
inline constexpr std::uint32_t kFormatVersion = 1;
Status check_format(rocksdb::Env& env, const std::filesystem::path& folder);
Status write_format(rocksdb::Env& env, const std::filesystem::path& folder);
std::filesystem::path database_folder(const std::filesystem::path& folder);
/// Where loads keep what is not in the database yet. Nothing there outlives the process that wrote it.
std::filesystem::path loading_folder(const std::filesystem::path& folder);

inline std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
inline rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace meshgate::store
