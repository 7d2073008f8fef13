#include <rocksdb/env.h>

#include <system_error>

#include "gateway/store/disk_store.hpp"

namespace meshgate::store {

namespace {

Error cannot_restore(const std::filesystem::path& from, const std::string& why, Code code = Code::config) {
  return {code, "backup " + from.string() + " cannot be restored: " + why};
}

Status copy_all(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code failed;
  std::filesystem::create_directories(to.parent_path(), failed);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive, failed);
  if (!failed) return {};
  const Code code = failed == std::errc::no_space_on_device ? Code::no_space : Code::config;
  return cannot_restore(from, "copying to " + to.string() + " failed (" + failed.message() + "): check room and rights there", code);
}

Status make_fresh(const std::filesystem::path& folder) {
  Options options;
  options.folder = folder;
  auto store = DiskStore::open_disk(options);
  if (!store) return std::move(store).error();
  return (*store)->begin_again();
}

}  // namespace

Status DiskStore::begin_again() {
  if (const auto status = engine_->db().VerifyChecksum(); !status.ok()) return engine_->error(status);
  for (const auto& [name, feed] : feeds_) {
    if (auto whole = feed->verify(); !whole) return whole;
  }
  return renew();
}

Status DiskStore::renew() {
  for (const auto& [name, feed] : feeds_) {
    if (auto again = feed->begin_again(); !again) return again;
  }
  return {};
}

/// Works beside the place and moves there at the end: a restore that broke off leaves no data folder.
Status Store::restore(const std::filesystem::path& from, const std::filesystem::path& folder) {
  std::error_code failed;
  if (std::filesystem::exists(folder, failed)) {
    return cannot_restore(from, "data folder " + folder.string() + " exists already: move it away first", Code::conflict);
  }
  if (auto checked = check_format(*rocksdb::Env::Default(), from); !checked) return checked;
  auto beside = folder;
  if (!beside.has_filename()) beside = beside.parent_path();
  beside += ".restoring";
  std::filesystem::remove_all(beside, failed);
  if (auto copied = copy_all(from, beside); !copied) return copied;
  if (auto fresh = make_fresh(beside); !fresh) {
    std::filesystem::remove_all(beside, failed);
    return cannot_restore(from, fresh.error().message, fresh.error().code);
  }
  std::filesystem::rename(beside, folder, failed);
  if (failed) return cannot_restore(from, "moving " + beside.string() + " to " + folder.string() + " failed (" + failed.message() + ")");
  return {};
}

}  // namespace meshgate::store
