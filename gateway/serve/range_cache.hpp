#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "gateway/net/file.hpp"
#include "gateway/serve/range_draft.hpp"
#include "gateway/serve/range_plan.hpp"

namespace meshgate::serve {

/// Names a rendering, for ever: whose order, which part of it, and at which head.
struct RangeName {
  std::string order;  ///< "<feed uid>/<epoch>-<hash of the partition's name>", see order_name()
  Part part;
  Seq at{0};
  auto operator<=>(const RangeName&) const = default;
};
std::string order_name(const Bits128& feed, const Epoch& epoch, std::string_view partition);

/// A rendering in one encoding, ready to be sent.
struct KeptRange {
  std::shared_ptr<const net::File> file;
  std::string etag;
};

/// Renderings on disk, bounded: what was not asked for longest goes first. They outlive the process; a file is checked against the hash in its
/// name before it is first used, and whatever does not agree is removed. Thread safe; everything blocks.
///
///   <folder>/<order>/<after>-<to>-<at>-<entries>-<hash>.ndjson|.zst|.gz
class RangeCache {
 public:
  /// Takes over what is in the folder. `most`: bytes; 0: the folder is left alone.
  RangeCache(std::filesystem::path folder, std::uint64_t most);

  struct Size {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  ///< not compressed
  };
  [[nodiscard]] std::optional<Size> size(const RangeName& name) const;
  /// The latest rendering of a part.
  [[nodiscard]] std::optional<Seq> latest(const std::string& order, const Part& part) const;

  [[nodiscard]] std::optional<KeptRange> open(const RangeName& name, net::Encoding encoding);
  /// A file to write to, on the same disk.
  Result<std::unique_ptr<RangeDraft>> draft(net::Encoding encoding);
  /// Keeps finished drafts of one rendering, in all or further encodings.
  Status keep(const RangeName& name, std::uint64_t entries, std::span<const std::unique_ptr<RangeDraft>> drafts);
  /// Removes every order but these.
  void retain(const std::set<std::string>& orders);
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  struct Variant {
    std::filesystem::path path;
    std::uint64_t size = 0;
    Bits128 hash;
    bool checked = false;
  };
  struct Rendering {
    std::uint64_t entries = 0;
    std::uint64_t used = 0;  ///< grows with every use of anything
    std::map<net::Encoding, Variant> variants;
  };
  using Renderings = std::map<RangeName, Rendering>;

  void take_over(const std::filesystem::path& folder);
  void take_over_order(const std::filesystem::path& folder, const std::string& order);
  void make_room(const RangeName& spared);
  Renderings::iterator remove(Renderings::iterator at);

  const std::filesystem::path folder_;
  const std::uint64_t most_;
  mutable std::mutex mutex_;
  Renderings renderings_;
  std::uint64_t bytes_ = 0;
  std::uint64_t uses_ = 0;
  std::uint64_t drafts_ = 0;
};

}  // namespace meshgate::serve
