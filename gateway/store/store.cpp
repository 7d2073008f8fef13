#include "gateway/store/store.hpp"

#include <rocksdb/env.h>
#include <rocksdb/utilities/checkpoint.h>

#include <map>
#include <mutex>

#include "gateway/store/disk_store.hpp"
#include "gateway/store/packing.hpp"

namespace meshgate::store {

namespace {

/// The folder and those above it.
Status make_folder(rocksdb::Env& env, const std::filesystem::path& folder) {
  std::filesystem::path made;
  for (const auto& part : folder) {
    made /= part;
    if (made == made.root_path() || env.FileExists(made.string()).ok()) continue;
    if (const auto status = env.CreateDirIfMissing(made.string()); !status.ok()) {
      return Error{status.IsNoSpace() ? Code::no_space : Code::config,
                   "data folder " + folder.string() + " cannot be made (" + status.ToString() + "): check `data`, the rights and the disk"};
    }
    // It holds what the sources show to this node alone.
    std::error_code ignored;
    if (made == folder) std::filesystem::permissions(made, std::filesystem::perms::owner_all, ignored);
  }
  return {};
}

/// A new folder gets its mark before its database, so that a database without a mark is never ours.
Status prepare(rocksdb::Env& env, const std::filesystem::path& folder) {
  if (auto made = make_folder(env, folder); !made) return made;
  auto checked = check_format(env, folder);
  if (checked || checked.error().code != Code::not_found) return checked;
  if (env.FileExists((database_folder(folder) / "CURRENT").string()).ok()) {
    return Error{Code::corrupt, "data folder " + folder.string() + " has a database but no FORMAT file: name an empty folder, or restore a backup"};
  }
  return write_format(env, folder);
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const Options& options) {
  auto out = DiskStore::open_disk(options);
  if (!out) return std::move(out).error();
  return std::unique_ptr<Store>(std::move(*out));
}

Result<std::unique_ptr<Store>> Store::open_to_read(const std::filesystem::path& folder) {
  auto out = DiskStore::open_disk_to_read(folder);
  if (!out) return std::move(out).error();
  return std::unique_ptr<Store>(std::move(*out));
}

Result<std::unique_ptr<DiskStore>> DiskStore::open_disk_to_read(const std::filesystem::path& folder) {
  rocksdb::Env& env = *rocksdb::Env::Default();
  if (auto ready = check_format(env, folder); !ready) return std::move(ready).error();
  auto engine = Engine::open_to_read(folder);
  if (!engine) return std::move(engine).error();
  std::unique_ptr<DiskStore> out(new DiskStore(std::move(*engine), env));
  if (auto loaded = out->load(); !loaded) return std::move(loaded).error();
  return out;
}

Result<std::unique_ptr<DiskStore>> DiskStore::open_disk(const Options& options) {
  rocksdb::Env& env = options.env != nullptr ? *options.env : *rocksdb::Env::Default();
  if (auto ready = prepare(env, options.folder); !ready) return std::move(ready).error();
  if (auto made = make_folder(env, database_folder(options.folder)); !made) return std::move(made).error();
  auto engine = Engine::open(options);
  if (!engine) return std::move(engine).error();
  std::unique_ptr<DiskStore> out(new DiskStore(std::move(*engine), env));
  if (auto loaded = out->load(); !loaded) return std::move(loaded).error();
  if (auto resumed = out->resume(); !resumed) return std::move(resumed).error();
  if (auto known = out->know_birth(); !known && (out->copied() || known.error().code != Code::no_space)) return std::move(known).error();
  return out;
}

Status DiskStore::resume() {
  for (const auto& [name, feed] : feeds_) {
    if (auto resumed = feed->resume(); !resumed && resumed.error().code != Code::no_space) return resumed;
  }
  return {};
}

Status DiskStore::load() {
  const std::string kind = meta_key(Meta::feed);
  const auto at = engine_->iterate(Family::meta, {});
  for (at->Seek(kind); at->Valid() && at->key().starts_with(kind); at->Next()) {
    auto feed = DiskFeed::load(engine_, FeedNumber{read_u32(at->key().data() + 1)});
    if (!feed) return std::move(feed).error();
    feeds_[(*feed)->state().name] = std::move(*feed);
  }
  if (!at->status().ok()) return engine_->error(at->status());
  auto next = engine_->get(Family::meta, meta_key(Meta::next_feed));
  if (!next) return std::move(next).error();
  if (*next) next_feed_ = static_cast<std::uint32_t>(Unpacker(**next).number());
  return {};
}

Result<std::shared_ptr<Feed>> DiskStore::known_or_created(std::string_view name, const Origin* origin) {
  const std::lock_guard lock(mutex_);
  if (const auto known = feeds_.find(name); known != feeds_.end()) return std::shared_ptr<Feed>(known->second);
  auto fresh = DiskFeed::create(engine_, FeedNumber{next_feed_}, name, origin);
  if (!fresh) return std::move(fresh).error();
  ++next_feed_;
  feeds_.emplace(name, *fresh);
  return std::shared_ptr<Feed>(std::move(*fresh));
}

Result<std::shared_ptr<Feed>> DiskStore::feed(std::string_view name) { return known_or_created(name, nullptr); }

Result<std::shared_ptr<Feed>> DiskStore::copy(std::string_view name, const Origin& origin) {
  auto feed = known_or_created(name, &origin);
  if (!feed) return feed;
  if (auto adopted = (*feed)->adopt(origin); !adopted) return std::move(adopted).error();
  return feed;
}

std::vector<std::string> DiskStore::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [name, feed] : feeds_) out.push_back(name);
  return out;
}

Status DiskStore::drop(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto known = feeds_.find(name);
  if (known == feeds_.end()) return Error{Code::not_found, "no feed '" + std::string(name) + "' in data folder " + engine_->folder().string()};
  if (auto erased = known->second->erase(); !erased) return erased;
  feeds_.erase(known);
  return {};
}

std::vector<std::pair<std::string, std::uint64_t>> DiskStore::figures() const {
  using Names = rocksdb::DB::Properties;
  const auto sum = [this](const std::string& property) {
    std::uint64_t out = 0;
    engine_->db().GetAggregatedIntProperty(property, &out);
    return out;
  };
  return {{"disk_bytes", sum(Names::kTotalSstFilesSize)},
          {"memtable_bytes", sum(Names::kCurSizeAllMemTables)},
          {"compaction_pending_bytes", sum(Names::kEstimatePendingCompactionBytes)},
          {"background_errors", sum(Names::kBackgroundErrors)}};
}

Status DiskStore::backup(const std::filesystem::path& into) {
  if (env_.FileExists(into.string()).ok()) {
    return Error{Code::conflict, "backup folder " + into.string() + " exists already: name a new one"};
  }
  if (auto made = make_folder(env_, into); !made) return made;
  rocksdb::Checkpoint* raw = nullptr;
  auto status = rocksdb::Checkpoint::Create(&engine_->db(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) status = checkpoint->CreateCheckpoint(database_folder(into).string());
  if (!status.ok()) {
    return Error{status.IsNoSpace() ? Code::no_space : Code::retry,
                 "backup into " + into.string() + " failed (" + status.ToString() + "): check room and rights there, remove it and try again"};
  }
  return write_format(env_, into);
}

}  // namespace meshgate::store
