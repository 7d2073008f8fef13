#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/encoding.hpp"

namespace meshgate::net {

/// How much of a stream a call must bring out.
enum class Flush { none, block, end };

/// Compresses one body. Holds at most about 750 KiB (gzip: 300 KiB).
class Compressor {
 public:
  /// Null for identity, or when there is no memory.
  static std::unique_ptr<Compressor> make(Encoding encoding);
  virtual ~Compressor() = default;
  /// Appends to `out`. False: the library failed; the stream is broken.
  [[nodiscard]] virtual bool add(std::string_view bytes, Flush flush, std::string& out) = 0;
};

}  // namespace meshgate::net
