#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/compressor.hpp"
#include "mesh/bits128.hpp"
#include "mesh/result.hpp"
#include "mesh/sha256.hpp"

namespace meshgate::serve {

/// A rendering on its way to the disk in one encoding. It goes without a trace unless it is given a lasting name. Everything blocks; errors are
/// Code::no_space or Code::retry.
class RangeDraft {
 public:
  /// `path`: a name that nobody looks for.
  static Result<std::unique_ptr<RangeDraft>> begin(const std::filesystem::path& path, net::Encoding encoding);
  ~RangeDraft();
  RangeDraft(const RangeDraft&) = delete;
  RangeDraft& operator=(const RangeDraft&) = delete;

  Status add(std::string_view lines);
  /// Nothing more comes.
  Status finish();
  Status move_to(const std::filesystem::path& path);

  [[nodiscard]] net::Encoding encoding() const { return encoding_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Of the bytes in the file.
  [[nodiscard]] const Bits128& hash() const { return hash_; }

 private:
  RangeDraft(std::filesystem::path path, net::Encoding encoding, int descriptor);
  Status write(std::string_view bytes);

  std::filesystem::path path_;
  const net::Encoding encoding_;
  int descriptor_;
  std::unique_ptr<net::Compressor> compressor_;
  std::string compressed_;
  Sha256 sha_;
  std::uint64_t size_ = 0;
  Bits128 hash_;
};

}  // namespace meshgate::serve
