#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>

namespace meshgate::store {

/// The disk, with faults that no real one shows on demand.
class FaultyDisk final : public rocksdb::FileSystemWrapper {
 public:
  FaultyDisk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyDisk"; }

  std::atomic<bool> full{false};        ///< appends fail with "no space"; every second one after half of the bytes
  std::atomic<bool> log_full{false};    ///< the same, of the write-ahead log only
  std::atomic<bool> next_log_full{false};  ///< log_full, from the next write-ahead log on
  std::atomic<bool> sync_fails{false};  ///< syncs fail with an input/output error

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* out,
                                    rocksdb::IODebugContext* debug) override {
    auto status = FileSystemWrapper::NewWritableFile(name, options, out, debug);
    if (name.ends_with(".log") && next_log_full) log_full = true;
    if (status.ok()) *out = std::make_unique<File>(std::move(*out), *this, name.ends_with(".log"));
    return status;
  }

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, FaultyDisk& disk, bool log)
        : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), log_(log) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& bytes, const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (!disk_.full && !(log_ && disk_.log_full)) return FSWritableFileOwnerWrapper::Append(bytes, options, debug);
      const auto half = FSWritableFileOwnerWrapper::Append(rocksdb::Slice(bytes.data(), bytes.size() / 2), options, debug);
      return half.ok() ? rocksdb::IOStatus::NoSpace("injected") : half;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& bytes, const rocksdb::IOOptions& options, const rocksdb::DataVerificationInfo&,
                             rocksdb::IODebugContext* debug) override {
      return Append(bytes, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (disk_.sync_fails) return rocksdb::IOStatus::IOError("injected");
      return FSWritableFileOwnerWrapper::Sync(options, debug);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (disk_.sync_fails) return rocksdb::IOStatus::IOError("injected");
      return FSWritableFileOwnerWrapper::Fsync(options, debug);
    }

   private:
    FaultyDisk& disk_;
    const bool log_;
  };
};

}  // namespace meshgate::store
