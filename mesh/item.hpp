#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mesh/bits128.hpp"
#include "mesh/ids.hpp"

namespace meshgate {

/// The first 128 bits of SHA-256 over "meshgate:item:1\n", u64be(size of id), id, u64be(size of content), content.
struct ContentHash {
  Bits128 bits;
  auto operator<=>(const ContentHash&) const = default;
};

/// Thread safe; about 300 ns for a short row.
ContentHash content_hash(std::string_view id, std::string_view content);

/// "<n>-<hash>": n counts the item's changes at its origin and is informational; the hash says what the item is.
struct Revision {
  std::uint64_t n = 0;
  ContentHash hash;
  auto operator<=>(const Revision&) const = default;

  [[nodiscard]] std::string text() const;
  void append_text(std::string& out) const;
  static std::optional<Revision> parse(std::string_view text);
};

/// Sum modulo 2^128 of the content hashes of a partition's live items. Order does not matter; equal sets have equal digests.
class Digest {
 public:
  Digest() = default;
  explicit Digest(Bits128 sum) : sum_(sum) {}

  void add(const ContentHash& hash) { sum_ += hash.bits; }
  void remove(const ContentHash& hash) { sum_ -= hash.bits; }
  [[nodiscard]] const Bits128& sum() const { return sum_; }
  bool operator==(const Digest&) const = default;

  /// "sum128:" and 32 hex digits.
  [[nodiscard]] std::string text() const;
  static std::optional<Digest> parse(std::string_view text);

 private:
  Bits128 sum_;
};

}  // namespace meshgate
