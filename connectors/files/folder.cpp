#include "connectors/files/folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>

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

std::optional<FileState> state_of(const std::string& path, std::string name) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return FileState{.name = std::move(name),
                   .inode = static_cast<uint64_t>(found.st_ino),
                   .size = static_cast<uint64_t>(found.st_size),
                   .modified_us = static_cast<int64_t>(found.st_mtim.tv_sec) * 1000000 + found.st_mtim.tv_nsec / 1000};
}

bool hash_range(int file, uint64_t from, uint64_t size, Hash& hash) {
  std::array<char, kEdge> buffer{};
  if (::pread(file, buffer.data(), size, static_cast<off_t>(from)) != static_cast<ssize_t>(size)) return false;
  hash.bytes({buffer.data(), size});
  return true;
}

}  // namespace

bool matches(std::string_view name, std::string_view pattern) {
  size_t at = 0;
  size_t p = 0;
  size_t star = std::string_view::npos;  // the last '*' met, and where the text it stands for ends for now
  size_t star_end = 0;
  while (at < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_end = at;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[at])) {
      ++p;
      ++at;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      at = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

sdk::Status Folder::list(std::string_view pattern, std::vector<FileState>& out) const {
  out.clear();
  std::error_code error;
  std::filesystem::directory_iterator entry(path_, error);
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    std::string name = entry->path().filename().string();
    const bool hidden = name.starts_with('.') && !pattern.starts_with('.');
    if (hidden || !matches(name, pattern)) continue;
    if (auto state = state_of(file(name), name)) out.push_back(std::move(*state));
  }
  if (error) return failed("folder " + path_, error.value());
  if (out.empty()) return sdk::failure(MG_RETRY, "no file " + std::string(pattern) + " in " + path_ + "; check files:, or wait until it is there");
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
