#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mesh/bits128.hpp"

struct evp_md_st;
struct evp_md_ctx_st;

namespace meshgate {

/// The first 128 bits of SHA-256 over bytes that come piece by piece. Used again after begin(); one thread at a time.
class Sha256 {
 public:
  Sha256();
  void begin();
  void add(std::string_view bytes);
  [[nodiscard]] Bits128 finish();

 private:
  struct Free {
    void operator()(evp_md_st* method) const;
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_st, Free> method_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// All 32 bytes of SHA-256 over a text.
std::string sha256(std::string_view text);

}  // namespace meshgate
