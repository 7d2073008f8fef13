#include "gateway/store/engine.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <array>
#include <fstream>
#include <thread>

namespace meshgate::store {

std::filesystem::path database_folder(const std::filesystem::path& folder) { return folder / "db"; }
std::filesystem::path loading_folder(const std::filesystem::path& folder) { return folder / "loading"; }

namespace {

constexpr std::array<const char*, kFamilies> kFamilyNames{"default", "log", "gone", "index", "origins", "quarantine"};
constexpr std::size_t kLogBlock = 32U << 10U;
constexpr std::size_t kIndexBlock = 8U << 10U;
constexpr double kBloomShare = 0.02;  ///< of a table in memory: a good ten bits for each of its entries

rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions out;
  out.block_cache = cache;
  out.block_size = kIndexBlock;
  out.format_version = 5;
  out.cache_index_and_filter_blocks = true;
  out.pin_l0_filter_and_index_blocks_in_cache = true;
  out.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10));
  return out;
}

rocksdb::ColumnFamilyOptions family_options(Family family, const Options& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions out;
  auto table = table_options(cache);
  out.compression = rocksdb::kLZ4Compression;
  out.write_buffer_size = 4U << 20U;
  out.max_write_buffer_number = 3;
  out.level_compaction_dynamic_level_bytes = true;
  if (family == Family::log) {
    table.block_size = kLogBlock;
    table.filter_policy = nullptr;
    out.write_buffer_size = options.write_buffer_bytes;
    out.table_properties_collector_factories.push_back(rocksdb::NewCompactOnDeletionCollectorFactory(20000, 10000));
  }
  if (family == Family::index) {
    out.write_buffer_size = options.write_buffer_bytes / 2;
    // Of most ids that come in no order it is asked whether they are there, and they are not.
    out.memtable_prefix_bloom_size_ratio = kBloomShare;
    out.memtable_whole_key_filtering = true;
  }
  out.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return out;
}

/// RocksDB would try again every five seconds in a thread of its own; a writer that waits knows better when.
class NoRetryOfItsOwn final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* by_itself) override { *by_itself = false; }
};

rocksdb::DBOptions db_options(const Options& options) {
  rocksdb::DBOptions out;
  if (options.env != nullptr) out.env = options.env;
  out.create_if_missing = true;
  out.create_missing_column_families = true;
  out.paranoid_checks = true;
  // A record cut off at the end was never acknowledged; anything else that is wrong in the log is damage and must not be skipped.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.listeners.push_back(std::make_shared<NoRetryOfItsOwn>());
  out.max_background_jobs = 2;
  out.max_total_wal_size = 2 * options.write_buffer_bytes;
  out.bytes_per_sync = 1U << 20U;
  out.keep_log_file_num = 4;
  out.max_log_file_size = 4U << 20U;
  out.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return out;
}

Error cannot_open(const rocksdb::Status& status, const std::filesystem::path& folder) {
  const std::string text = status.ToString();
  if (text.find("lock") != std::string::npos && !status.IsCorruption()) {
    return {Code::conflict, "data folder " + folder.string() + " is in use by another process: stop that one, or give this node another `data` folder"};
  }
  if (status.IsCorruption()) {
    return {Code::corrupt, "data folder " + folder.string() + " is damaged (" + text + "): move it away and restore a backup with `meshgate restore`"};
  }
  if (status.IsNoSpace()) return {Code::no_space, "no room on the disk of data folder " + folder.string() + ": make room and start again"};
  return {Code::config, "data folder " + folder.string() + " cannot be opened (" + text + "): check that it exists, its rights and its disk"};
}

/// RocksDB writes a log of its own, unless it is given one: what only reads writes nowhere.
class Silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

std::vector<rocksdb::ColumnFamilyDescriptor> families(const Options& options) {
  const auto cache = rocksdb::NewLRUCache(static_cast<std::size_t>(options.cache_bytes));
  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  for (std::size_t i = 0; i < kFamilies; ++i) out.emplace_back(kFamilyNames[i], family_options(static_cast<Family>(i), options, cache));
  return out;
}

/// What a death left there was never part of the database. Only once the database is ours.
void forget_loads(const std::filesystem::path& folder) {
  std::error_code none;
  std::filesystem::remove_all(loading_folder(folder), none);
}

/// Which files make up the database: its manifest by name and length, which grows before any file goes.
std::string manifest_of(const std::filesystem::path& folder) {
  std::ifstream current(database_folder(folder) / "CURRENT");
  std::string name;
  std::getline(current, name);
  std::error_code none;
  const auto size = std::filesystem::file_size(database_folder(folder) / name, none);
  return name + " " + std::to_string(none ? 0 : size);
}

constexpr int kTries = 100;
constexpr std::chrono::milliseconds kBetweenTries{20};

/// RocksDB counts every key it compares or skips, per thread, for a profile that nobody here asks for.
void count_nothing() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

/// RocksDB 7.8 forgets a flush that was about to begin when a write fails, and its Resume() waits for that flush for ever. So no write is tried that the disk
/// may have no room for: this much beside the batch, which stands in the log and then in a table.
constexpr std::uint64_t kRoom = 2U << 20U;

/// A frame of its own, by which tests/tsan.supp knows what happens within RocksDB: a writer there reads the batches of those that wait.
[[gnu::noinline]] rocksdb::Status write_within(rocksdb::DB& db, const rocksdb::WriteOptions& how, rocksdb::WriteBatch& batch) {
  return db.Write(how, &batch);
}

}  // namespace

Result<std::shared_ptr<Engine>> Engine::open(const Options& options) {
  std::shared_ptr<Engine> out(new Engine);
  out->folder_ = options.folder;
  out->resume_within_ = options.resume_within;
  rocksdb::DB* db = nullptr;
  const auto status = rocksdb::DB::Open(db_options(options), database_folder(options.folder).string(), families(options), &out->families_, &db);
  if (!status.ok()) return cannot_open(status, options.folder);
  out->db_.reset(db);
  forget_loads(options.folder);
  return out;
}

/// Table files never change, and all are held open from here on; only while they are being opened may a writer take one, or a write-ahead log, away.
/// It says so in its manifest first: where that is the same before and after, nothing was taken.
Result<std::shared_ptr<Engine>> Engine::open_to_read(const std::filesystem::path& folder) {
  Options options;
  options.folder = folder;
  rocksdb::DBOptions how = db_options(options);
  how.create_if_missing = how.create_missing_column_families = false;
  how.info_log = std::make_shared<Silent>();
  rocksdb::Status status;
  for (int i = 0; i < kTries; ++i) {
    std::shared_ptr<Engine> out(new Engine);
    out->folder_ = folder;
    const std::string before = manifest_of(folder);
    rocksdb::DB* db = nullptr;
    status = rocksdb::DB::OpenForReadOnly(how, database_folder(folder).string(), families(options), &out->families_, &db);
    if (status.ok()) out->db_.reset(db);
    if (status.ok() && manifest_of(folder) == before) return out;
    std::this_thread::sleep_for(kBetweenTries);
  }
  if (status.ok()) return Error{Code::retry, "data folder " + folder.string() + " changes too fast to be read beside its node: try again"};
  return cannot_open(status, folder);
}

Engine::~Engine() {
  if (!db_) return;
  if (resuming_.valid()) {
    rocksdb::CancelAllBackgroundWork(db_.get(), false);
    resuming_.wait();
  }
  for (auto* family : families_) static_cast<void>(db_->DestroyColumnFamilyHandle(family));
  // What was written without sync becomes durable at an orderly end.
  if (writing() == Writing::fine) static_cast<void>(db_->SyncWAL());
  static_cast<void>(db_->Close());
}

Status Engine::write(rocksdb::WriteBatch& batch, Durably durably) {
  if (auto ready = make_ready(2 * batch.GetDataSize()); !ready) return ready;
  rocksdb::WriteOptions how;
  how.sync = durably == Durably::yes;
  count_nothing();
  const auto status = write_within(*db_, how, batch);
  if (!status.ok()) {
    takes_files_ = false;
    return failed(status);
  }
  note_written();
  return {};
}

void Engine::note_written() {
  auto full = Writing::disk_full;
  writing_.compare_exchange_strong(full, Writing::fine);
}

Status Engine::take_in(std::vector<rocksdb::IngestExternalFileArg> files) {
  if (auto ready = make_ready(0); !ready) return ready;
  if (!takes_files()) return Error{Code::retry, "data folder " + folder_.string() + ": a write failed meanwhile; what was kept back is written again, one by one"};
  for (auto& one : files) {
    one.options.move_files = true;
    one.options.write_global_seqno = false;
  }
  if (const auto status = db_->IngestExternalFiles(files); !status.ok()) {
    takes_files_ = false;
    return failed(status);
  }
  note_written();
  return {};
}

void Engine::flush_soon() {
  rocksdb::FlushOptions how;
  how.wait = false;
  how.allow_write_stall = true;
  // Where it cannot be begun the log stays, and the next write says why.
  static_cast<void>(db_->Flush(how, families_));
}

Status Engine::make_ready(std::uint64_t bytes) {
  if (writing() == Writing::stopped) return stopped();
  std::uint64_t room = 0;
  const auto counted = db_->GetEnv()->GetFreeSpace(folder_.string(), &room);
  if (counted.ok() && room < kRoom + bytes) return failed(rocksdb::Status::NoSpace());
  if (writing() == Writing::fine) return {};
  const std::lock_guard lock(resume_mutex_);
  if (writing() == Writing::stopped) return stopped();
  if (const auto status = resume(); !status.ok()) return failed(status);
  return {};
}

/// Where it does not return, only closing the database ends it.
rocksdb::Status Engine::resume() {
  resuming_ = std::async(std::launch::async, [this] { return db_->Resume(); });
  if (resuming_.wait_for(resume_within_) != std::future_status::ready) return rocksdb::Status::TimedOut("writing did not go on after the disk had been full");
  return resuming_.get();
}

Status Engine::failed(const rocksdb::Status& status) {
  const std::lock_guard lock(mutex_);
  if (writing() != Writing::stopped) {
    if (status.IsNoSpace() || status.IsBusy()) {
      writing_ = Writing::disk_full;
      return Error{Code::no_space, "no room on the disk of data folder " + folder_.string() + ": writing waits; make room and it goes on by itself"};
    }
    why_stopped_ = status.ToString();
    writing_ = Writing::stopped;
  }
  return Error{Code::internal, "a write to data folder " + folder_.string() + " failed (" + why_stopped_ +
                                   "): nothing more is written; check the disk, then restart this node"};
}

Error Engine::stopped() const {
  const std::lock_guard lock(mutex_);
  return {Code::internal, "writing to data folder " + folder_.string() + " stopped after a failed write (" + why_stopped_ +
                              "): check the disk, then restart this node"};
}

Error Engine::error(const rocksdb::Status& status) const {
  if (status.IsCorruption()) {
    return {Code::corrupt, "data folder " + folder_.string() + " is damaged (" + status.ToString() + "): restore a backup with `meshgate restore`"};
  }
  return {Code::retry, "data folder " + folder_.string() + " cannot be read (" + status.ToString() + "): check the disk"};
}

Result<std::optional<std::string>> Engine::get(Family which, std::string_view key, const rocksdb::Snapshot* at) const {
  rocksdb::ReadOptions how;
  how.snapshot = at;
  std::string value;
  const auto status = db_->Get(how, family(which), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return error(status);
  return std::optional<std::string>(std::move(value));
}

std::unique_ptr<rocksdb::Iterator> Engine::iterate(Family which, const rocksdb::ReadOptions& options) const {
  count_nothing();
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, family(which)));
}

namespace {

constexpr std::string_view kMark = "meshgate store ";

std::string mark_file(const std::filesystem::path& folder) { return (folder / "FORMAT").string(); }

}  // namespace

Status write_format(rocksdb::Env& env, const std::filesystem::path& folder) {
  const std::string text = std::string(kMark) + std::to_string(kFormatVersion) + "\n";
  const std::string fresh = mark_file(folder) + ".new";
  auto status = rocksdb::WriteStringToFile(&env, text, fresh, true);
  if (status.ok()) status = env.RenameFile(fresh, mark_file(folder));
  if (!status.ok()) return cannot_open(status, folder);
  return {};
}

Status check_format(rocksdb::Env& env, const std::filesystem::path& folder) {
  std::string text;
  const auto status = rocksdb::ReadFileToString(&env, mark_file(folder), &text);
  if (status.IsNotFound() || status.IsPathNotFound()) {
    return Error{Code::not_found, "folder " + folder.string() + " has no FORMAT file: it is not a Meshgate data folder"};
  }
  if (!status.ok()) return cannot_open(status, folder);
  if (!text.starts_with(kMark)) return Error{Code::corrupt, "file " + mark_file(folder) + " is not ours: name the data folder of a Meshgate node"};
  if (text == std::string(kMark) + std::to_string(kFormatVersion) + "\n") return {};
  return Error{Code::unsupported, "data folder " + folder.string() + " was written by a newer Meshgate (store format " +
                                      text.substr(kMark.size(), text.find('\n') - kMark.size()) + ", this program knows " +
                                      std::to_string(kFormatVersion) + "): run that version, or restore a backup made by this one"};
}

}  // namespace meshgate::store
