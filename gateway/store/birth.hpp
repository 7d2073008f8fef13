#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/store/store.hpp"

namespace meshgate::store {

/// When a file was made, in seconds and nanoseconds of the file system's clock. What is copied is made anew; what is moved, or goes with its whole disk, is not.
struct Birth {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  bool operator==(const Birth&) const = default;
};
/// Nothing where the file system does not say.
std::optional<Birth> birth_of(const std::filesystem::path& file);
std::string packed(const Birth& birth);
std::optional<Birth> unpacked_birth(std::string_view in);

/// Whether the folder was found to be a copy of a data folder when this store was opened: its own feeds have a new epoch since then, as after a restore.
bool was_copied(const Store& store);

}  // namespace meshgate::store
