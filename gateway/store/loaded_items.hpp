#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/page_lines.hpp"
#include "gateway/store/transaction.hpp"

namespace meshgate::store {

/// What the pages of a load say of items. Only when the load ends are they brought together with what the index has, in its order: a page costs no
/// look-up, and some 100 bytes an item.
class LoadedItems {
 public:
  /// A load with so many is taken in.
  static constexpr std::size_t kMost = 500'000;

  explicit LoadedItems(DiskFeed& feed) : feed_(feed) {}

  /// A put or gone line, now in that log.
  void add(const LogRange& range, const PageLine& line);
  [[nodiscard]] bool full() const { return all_.size() >= kMost; }
  /// Index entries go into the load behind `out`, or, where few lie among those that are there, these into its write; so does what makes room for them.
  Status settle(Transaction& out);

 private:
  struct Item {
    std::uint64_t order = 0;  ///< the first bytes of the key behind the feed's number and its kind of id
    std::uint32_t key = 0;    ///< where it begins
    std::uint32_t key_size = 0;
    std::uint64_t n = 0;
    Membership in;
  };
  [[nodiscard]] std::string_view key(const Item& one) const { return std::string_view(keys_).substr(one.key, one.key_size); }
  void sort();
  void drop(Transaction& out, const Membership& old);
  void settle_one(Transaction& out, std::string_view key, IndexEntry& entry, std::span<const Item> news);

  DiskFeed& feed_;
  std::string keys_;  ///< of the index, one behind the other
  std::vector<Item> all_;
  std::vector<Membership> stored_;    ///< of the entry at hand
  std::vector<Membership> replaced_;  ///< of these, what others take the place of
};

}  // namespace meshgate::store
