#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/files/reader.hpp"
#include "connectors/sdk/connector.hpp"

namespace meshgate::files {

/// A file as the folder shows it.
struct FileState {
  std::string name;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t modified_us = 0;
};

/// One folder, without those below it.
class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  /// The regular files whose names match a pattern with * and ?, by name. MG_CONFIG: no such folder; MG_AUTH: not allowed; MG_RETRY: none
  /// match, which may be a disk that is not mounted, so it is never "empty".
  sdk::Status list(std::string_view pattern, std::vector<FileState>& out) const;
  /// Opens one file for reading; never waits for a pipe's other end.
  [[nodiscard]] sdk::Status open(const std::string& name, int& out) const;
  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Whether a name fits a pattern in which * stands for any text and ? for any one byte.
bool matches(std::string_view name, std::string_view pattern);

/// The format that a name's ending tells: .csv, .jsonl, .ndjson.
std::optional<Format> format_of(std::string_view name);

/// A number that differs when any name, size, time or identity does. 0 is never given.
uint64_t signature(const std::vector<FileState>& files);
/// Of the bytes before `offset`: the first and the last 4 KiB of them. 0 when they cannot be read.
uint64_t fingerprint(int file, uint64_t offset);

int64_t now_us();

}  // namespace meshgate::files
