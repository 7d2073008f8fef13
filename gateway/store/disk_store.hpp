#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/store/disk_feed.hpp"
#include "gateway/store/store.hpp"

namespace meshgate::store {

/// Store over the engine.
class DiskStore final : public Store {
 public:
  static Result<std::unique_ptr<DiskStore>> open_disk(const Options& options);
  static Result<std::unique_ptr<DiskStore>> open_disk_to_read(const std::filesystem::path& folder);

  [[nodiscard]] Result<std::shared_ptr<Feed>> feed(std::string_view name) override;
  [[nodiscard]] Result<std::shared_ptr<Feed>> copy(std::string_view name, const Origin& origin) override;
  [[nodiscard]] std::vector<std::string> names() const override;
  [[nodiscard]] Status drop(std::string_view name) override;
  [[nodiscard]] Writing writing() const override { return engine_->writing(); }
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> figures() const override;
  [[nodiscard]] Status backup(const std::filesystem::path& into) override;

  /// After a restore: checks every byte, gives every feed a new epoch, forgets Positions.
  Status begin_again();
  /// See birth.hpp.
  [[nodiscard]] bool copied() const { return copied_; }

 private:
  DiskStore(std::shared_ptr<Engine> engine, rocksdb::Env& env) : engine_(std::move(engine)), env_(env) {}
  Result<std::shared_ptr<Feed>> known_or_created(std::string_view name, const Origin* origin);
  Status load();
  Status resume();
  /// A new epoch for every feed that has its origin here, and no Positions.
  Status renew();
  Status know_birth();

  std::shared_ptr<Engine> engine_;
  rocksdb::Env& env_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<DiskFeed>, std::less<>> feeds_;
  std::uint32_t next_feed_ = 1;
  bool copied_ = false;
};

}  // namespace meshgate::store
