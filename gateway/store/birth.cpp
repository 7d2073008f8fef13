#include "gateway/store/birth.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "gateway/store/disk_store.hpp"
#include "gateway/store/packing.hpp"

namespace meshgate::store {

std::optional<Birth> birth_of(const std::filesystem::path& file) {
  struct statx found {};
  if (::statx(AT_FDCWD, file.c_str(), 0, STATX_BTIME, &found) != 0 || (found.stx_mask & STATX_BTIME) == 0) return std::nullopt;
  return Birth{found.stx_btime.tv_sec, found.stx_btime.tv_nsec};
}

std::string packed(const Birth& birth) {
  std::string out;
  Packer(out).number(static_cast<std::uint64_t>(birth.seconds)).number(birth.nanoseconds);
  return out;
}

std::optional<Birth> unpacked_birth(std::string_view in) {
  Unpacker from(in);
  Birth out;
  out.seconds = static_cast<std::int64_t>(from.number());
  out.nanoseconds = static_cast<std::uint32_t>(from.number());
  return from.fine() && from.end() ? std::optional(out) : std::nullopt;
}

/// RocksDB's lock file is made with the database, is in no backup, and is never made again.
Status DiskStore::know_birth() {
  const auto birth = birth_of(database_folder(engine_->folder()) / "LOCK");
  if (!birth) return {};
  const std::string key = meta_key(Meta::birth);
  auto known = engine_->get(Family::meta, key);
  if (!known) return std::move(known).error();
  if (*known && unpacked_birth(**known) == birth) return {};
  copied_ = known->has_value() && !feeds_.empty();
  if (auto renewed = copied_ ? renew() : Status(); !renewed) return renewed;
  rocksdb::WriteBatch batch;
  batch.Put(engine_->family(Family::meta), key, packed(*birth));
  return engine_->write(batch, Engine::Durably::yes);
}

bool was_copied(const Store& store) { return static_cast<const DiskStore&>(store).copied(); }

}  // namespace meshgate::store
