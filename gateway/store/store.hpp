#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/feed.hpp"
#include "mesh/result.hpp"

namespace rocksdb {
class Env;
}

namespace meshgate::store {

struct Options {
  std::filesystem::path folder;
  std::uint64_t cache_bytes = 64ULL << 20U;
  std::uint64_t write_buffer_bytes = 32ULL << 20U;
  rocksdb::Env* env = nullptr;  ///< for fault tests; null: the disk
  /// What is in memory must be in files by then, once there is room again on a disk that was full; otherwise writing stops until a restart.
  std::chrono::milliseconds resume_within{60000};
};

/// What keeps writes from working, for readiness and metrics.
enum class Writing { fine, disk_full, stopped };

/// All feeds of a node, in one RocksDB database under `folder`. FORMAT.md documents every key and value.
class Store {
 public:
  /// Opens or creates. A folder in use by another process, a newer format, or damage is an error with a sentence. Blocks.
  static Result<std::unique_ptr<Store>> open(const Options& options);
  /// What a folder holds at this moment, without writing a byte there, also while a node works on it; nothing can be committed or created.
  /// Error::not_found: nothing is kept there yet. Blocks.
  static Result<std::unique_ptr<Store>> open_to_read(const std::filesystem::path& folder);
  virtual ~Store() = default;

  /// The feed of this name, created (undivided, loading, new uid and epoch) when it does not exist.
  [[nodiscard]] virtual Result<std::shared_ptr<Feed>> feed(std::string_view name) = 0;
  /// The feed of this name as a copy of another node's: created as one, or told what has changed there (see Feed::adopt). Until a first copy is whole it
  /// has no partition.
  [[nodiscard]] virtual Result<std::shared_ptr<Feed>> copy(std::string_view name, const Origin& origin) = 0;
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  /// Removes a feed and all it holds.
  [[nodiscard]] virtual Status drop(std::string_view name) = 0;

  [[nodiscard]] virtual Writing writing() const = 0;
  /// Bytes on disk and a few engine figures, for metrics: name and value.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::uint64_t>> figures() const = 0;

  /// A consistent copy of everything in a new folder; readers and writers go on.
  [[nodiscard]] virtual Status backup(const std::filesystem::path& into) = 0;
  /// Makes a data folder (which must not exist) from a backup: every feed gets a new epoch and forgets its Positions, so that its source is
  /// read again; content hashes keep that cheap. A feed that had a Position is loading until then.
  static Status restore(const std::filesystem::path& from, const std::filesystem::path& folder);
};

}  // namespace meshgate::store
