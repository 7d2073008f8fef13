#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "mesh/result.hpp"

namespace meshgate::net {

/// A file to be sent, open for as long as it lives; it may be unlinked meanwhile. Thread safe.
class File {
 public:
  /// Code::not_found when it is not there. Blocks.
  static Result<std::shared_ptr<const File>> open(const std::string& path);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Whether these bytes are in memory, so that sending them does not wait for the disk. Never blocks; a guess: they may be pushed out again.
  [[nodiscard]] bool resident(std::uint64_t at, std::size_t bytes) const;
  /// Brings them into memory. Blocks.
  void bring_in(std::uint64_t at, std::size_t bytes) const;
  /// Appends these bytes to `out`; false when the file has fewer. Blocks unless they are resident.
  [[nodiscard]] bool read(std::uint64_t at, std::size_t bytes, std::string& out) const;

 private:
  File(int descriptor, std::uint64_t size, void* mapped) : descriptor_(descriptor), size_(size), mapped_(mapped) {}

  int descriptor_;
  std::uint64_t size_;
  void* mapped_;  ///< never read, only asked about; null where it cannot be mapped
};

}  // namespace meshgate::net
