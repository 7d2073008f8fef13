#include "connectors/files/folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>

namespace meshgate::files {

namespace {

constexpr uint64_t kEdge = 4096;

/// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/. Guards against mistakes, not against malice.
struct Hash {
  uint64_t state = 0xcbf29ce484222325U;
  void bytes(std::string_view text) {
    for (const char c : text) {
      state ^= static_cast<unsigned char>(c);
      state *= 0x100000001b3U;
    }
  }
  void number(uint64_t value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes({raw, sizeof raw});
  }
  [[nodiscard]] uint64_t get() const { return state == 0 ? 1 : state; }
};

sdk::Status failed(const std::string& what, int error) {
  const std::string why = what + ": " + std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR: return sdk::failure(MG_CONFIG, why + "; check path: and that its disk is mounted");
    case EACCES:
    case EPERM: return sdk::failure(MG_AUTH, why + "; give the gateway's user the right to read it");
    default: return sdk::failure(MG_RETRY, why + "; it is tried again");
  }
}

FileState state_of(const char* name, const struct stat& from) {
  return {.name = name,
          .inode = static_cast<uint64_t>(from.st_ino),
          .size = static_cast<uint64_t>(from.st_size),
          .modified_us = static_cast<int64_t>(from.st_mtim.tv_sec) * 1000000 + from.st_mtim.tv_nsec / 1000};
}

bool hash_range(int file, uint64_t from, uint64_t size, Hash& hash) {
  std::array<char, kEdge> buffer{};
  if (::pread(file, buffer.data(), size, static_cast<off_t>(from)) != static_cast<ssize_t>(size)) return false;
  hash.bytes({buffer.data(), size});
  return true;
}

}  // namespace

sdk::Status Folder::list(std::string_view pattern, std::vector<FileState>& out) const {
  out.clear();
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path_.c_str()), [](DIR* open) { return ::closedir(open); });
  if (!folder) return failed("folder " + path_, errno);
  const std::string glob(pattern);
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    struct stat found {};
    if (::fnmatch(glob.c_str(), entry->d_name, FNM_PERIOD) != 0) continue;
    if (::fstatat(::dirfd(folder.get()), entry->d_name, &found, 0) == 0 && S_ISREG(found.st_mode)) {
      out.push_back(state_of(entry->d_name, found));
    }
    errno = 0;
  }
  if (errno != 0) return failed("folder " + path_, errno);
  if (out.empty()) return sdk::failure(MG_RETRY, "no file " + glob + " in " + path_ + "; check files:, or wait until it is there");
  std::sort(out.begin(), out.end(), [](const FileState& a, const FileState& b) { return a.name < b.name; });
  return {};
}

sdk::Status Folder::open(const std::string& name, int& out) const {
  out = ::open(file(name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (out >= 0) return {};
  if (errno == ENOENT) return sdk::failure(MG_RETRY, "file " + file(name) + " went away; it is tried again");
  return failed("file " + file(name), errno);
}

std::optional<Format> format_of(std::string_view name) {
  if (name.ends_with(".csv")) return Format::csv;
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) return Format::json_lines;
  return std::nullopt;
}

uint64_t signature(const std::vector<FileState>& files) {
  Hash hash;
  for (const FileState& file : files) {
    hash.number(file.name.size());
    hash.bytes(file.name);
    hash.number(file.inode);
    hash.number(file.size);
    hash.number(static_cast<uint64_t>(file.modified_us));
  }
  return hash.get();
}

uint64_t fingerprint(int file, uint64_t offset) {
  Hash hash;
  const uint64_t edge = std::min(kEdge, offset);
  if (!hash_range(file, 0, edge, hash) || !hash_range(file, offset - edge, edge, hash)) return 0;
  return hash.get();
}

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace meshgate::files
