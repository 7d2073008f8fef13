#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "gateway/net/gzip_pieces.hpp"

namespace meshgate::net {

/// Bytes as a chunk of an HTTP/1.1 body, size line and all.
class FramedBytes {
 public:
  FramedBytes() = default;
  explicit FramedBytes(std::string_view bytes);
  [[nodiscard]] std::string_view chunk() const { return chunk_; }
  [[nodiscard]] std::string_view bytes() const { return std::string_view(chunk_).substr(head_, size_); }

 private:
  std::string chunk_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

/// Bytes that go out to many readers: framed once, deflated once when the first reader of gzip comes. Immutable and thread safe.
class Broadcast {
 public:
  explicit Broadcast(std::string_view bytes) : plain_(bytes), checksum_(GzipChecksum::of(bytes)) {}
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  [[nodiscard]] const FramedBytes& plain() const { return plain_; }
  /// The same as a piece of a gzip stream; empty when there was no memory. The first caller makes it (some 10 ns a byte), others wait.
  [[nodiscard]] const FramedBytes& gzip() const;
  /// Of the plain bytes.
  [[nodiscard]] const GzipChecksum& checksum() const { return checksum_; }

 private:
  FramedBytes plain_;
  GzipChecksum checksum_;
  mutable std::once_flag deflated_;
  mutable FramedBytes gzip_;
};

}  // namespace meshgate::net
