#pragma once

#include <string>

#include "mesh/result.hpp"

namespace meshgate::device {

/// Keeps other mirrors away from a file for as long as it lives, by an advisory lock on a file beside it (SQLite has locks of its
/// own on the file itself). The kernel lets go of it when the process dies.
class FileLock {
 public:
  /// Error::conflict when another process holds it.
  static Result<FileLock> take(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace meshgate::device
