#include "gateway/serve/range_cache.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "mesh/item.hpp"

namespace meshgate::serve {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kCheckedAtOnce = std::size_t{1} << 20U;
constexpr std::string_view kDrafts = "drafts";

constexpr std::array<std::pair<net::Encoding, std::string_view>, 3> kExtensions{
    {{net::Encoding::identity, ".ndjson"}, {net::Encoding::zstd, ".zst"}, {net::Encoding::gzip, ".gz"}}};

std::string_view extension(net::Encoding encoding) {
  return std::find_if(kExtensions.begin(), kExtensions.end(), [&](const auto& one) { return one.first == encoding; })->second;
}

/// What a file's name says.
struct FileName {
  Part part;
  Seq at{0};
  std::uint64_t entries = 0;
  Bits128 hash;
  net::Encoding encoding = net::Encoding::identity;
};

std::string written(const FileName& name) {
  std::string out;
  for (const std::uint64_t one : {number(name.part.after), number(name.part.to), number(name.at), name.entries}) {
    out.append(std::to_string(one)).append("-");
  }
  return out.append(name.hash.hex()).append(extension(name.encoding));
}

bool take_number(std::string_view& text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end == text.data() + text.size() || *end != '-') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

std::optional<FileName> read(std::string_view text) {
  FileName out;
  std::array<std::uint64_t, 4> numbers{};
  for (auto& one : numbers) {
    if (!take_number(text, one)) return std::nullopt;
  }
  out.part = {Seq{numbers[0]}, Seq{numbers[1]}};
  out.at = Seq{numbers[2]};
  out.entries = numbers[3];
  const auto hash = Bits128::from_hex(text.substr(0, text.find('.')));
  const auto known = std::find_if(kExtensions.begin(), kExtensions.end(), [&](const auto& one) { return text.ends_with(one.second); });
  if (!hash || known == kExtensions.end() || text.find('.') + known->second.size() != text.size()) return std::nullopt;
  out.hash = *hash;
  out.encoding = known->first;
  return out;
}

bool whole(const net::File& file, const Bits128& hash) {
  Sha256 sha;
  std::string bytes;
  for (std::uint64_t at = 0; at < file.size(); at += bytes.size()) {
    bytes.clear();
    if (!file.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(kCheckedAtOnce, file.size() - at)), bytes)) return false;
    sha.add(bytes);
  }
  return sha.finish() == hash;
}

}  // namespace

std::string order_name(const Bits128& feed, const Epoch& epoch, std::string_view partition) {
  return feed.hex() + "/" + epoch.bits.hex() + "-" + content_hash("", partition).bits.hex();
}

RangeCache::RangeCache(fs::path folder, std::uint64_t most) : folder_(std::move(folder)), most_(most) {
  std::error_code error;
  if (most_ == 0) return;
  fs::remove_all(folder_ / kDrafts, error);
  fs::create_directories(folder_ / kDrafts, error);
  take_over(folder_);
  make_room({});
}

void RangeCache::take_over(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator feed(folder, error), end; !error && feed != end; feed.increment(error)) {
    if (!Bits128::from_hex(feed->path().filename().string())) continue;
    std::error_code inner;
    for (fs::directory_iterator order(feed->path(), inner); !inner && order != end; order.increment(inner)) {
      take_over_order(order->path(), feed->path().filename().string() + "/" + order->path().filename().string());
    }
  }
  // Without its plain form a rendering could not be brought into another encoding.
  for (auto at = renderings_.begin(); at != renderings_.end();) {
    at = at->second.variants.contains(net::Encoding::identity) ? std::next(at) : remove(at);
  }
}

void RangeCache::take_over_order(const fs::path& folder, const std::string& order) {
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    std::error_code lost;
    const auto name = read(file->path().filename().string());
    const auto size = file->file_size(lost);
    if (!name || lost) {
      fs::remove(file->path(), lost);
      continue;
    }
    Rendering& one = renderings_[{order, name->part, name->at}];
    one.entries = name->entries;
    bytes_ += size;
    one.variants[name->encoding] = {file->path(), size, name->hash, false};
  }
}

std::optional<RangeCache::Size> RangeCache::size(const RangeName& name) const {
  const std::lock_guard lock(mutex_);
  const auto at = renderings_.find(name);
  if (at == renderings_.end()) return std::nullopt;
  return Size{at->second.entries, at->second.variants.at(net::Encoding::identity).size};
}

std::optional<Seq> RangeCache::latest(const std::string& order, const Part& part) const {
  const std::lock_guard lock(mutex_);
  auto behind = renderings_.lower_bound({order, part, Seq{UINT64_MAX}});
  if (behind == renderings_.begin()) return std::nullopt;
  const RangeName& name = std::prev(behind)->first;
  if (name.order != order || name.part != part) return std::nullopt;
  return name.at;
}

std::optional<KeptRange> RangeCache::open(const RangeName& name, net::Encoding encoding) {
  Variant variant;
  {
    const std::lock_guard lock(mutex_);
    const auto at = renderings_.find(name);
    if (at == renderings_.end()) return std::nullopt;
    at->second.used = ++uses_;
    const auto found = at->second.variants.find(encoding);
    if (found == at->second.variants.end()) return std::nullopt;
    variant = found->second;
  }
  auto file = net::File::open(variant.path.string());
  const bool good = file && (*file)->size() == variant.size && (variant.checked || whole(**file, variant.hash));
  const std::lock_guard lock(mutex_);
  const auto at = renderings_.find(name);
  if (!good) {
    if (at != renderings_.end()) remove(at);
    return std::nullopt;
  }
  if (at != renderings_.end()) at->second.variants[encoding].checked = true;
  return KeptRange{std::move(*file), "\"" + variant.hash.hex() + "\""};
}

Result<std::unique_ptr<RangeDraft>> RangeCache::draft(net::Encoding encoding) {
  std::uint64_t one = 0;
  {
    const std::lock_guard lock(mutex_);
    one = ++drafts_;
  }
  return RangeDraft::begin(folder_ / kDrafts / std::to_string(one), encoding);
}

Status RangeCache::keep(const RangeName& name, std::uint64_t entries, std::span<const std::unique_ptr<RangeDraft>> drafts) {
  const std::lock_guard lock(mutex_);
  std::error_code ignored;
  fs::create_directories(folder_ / name.order, ignored);
  const auto at = renderings_.try_emplace(name).first;
  at->second.entries = entries;
  at->second.used = ++uses_;
  for (const auto& draft : drafts) {
    const fs::path path = folder_ / name.order / written({name.part, name.at, entries, draft->hash(), draft->encoding()});
    if (auto moved = draft->move_to(path); !moved) {
      remove(at);
      return moved;
    }
    Variant& variant = at->second.variants[draft->encoding()];
    bytes_ += draft->size() - variant.size;
    variant = {path, draft->size(), draft->hash(), true};
  }
  make_room(name);
  return {};
}

void RangeCache::retain(const std::set<std::string>& orders) {
  const std::lock_guard lock(mutex_);
  for (auto at = renderings_.begin(); at != renderings_.end();) {
    at = orders.contains(at->first.order) ? std::next(at) : remove(at);
  }
}

std::uint64_t RangeCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void RangeCache::make_room(const RangeName& spared) {
  while (bytes_ > most_) {
    auto oldest = renderings_.end();
    for (auto at = renderings_.begin(); at != renderings_.end(); ++at) {
      const bool older = oldest == renderings_.end() || at->second.used < oldest->second.used;
      if (older && at->first != spared) oldest = at;
    }
    if (oldest == renderings_.end()) return;
    remove(oldest);
  }
}

RangeCache::Renderings::iterator RangeCache::remove(Renderings::iterator at) {
  std::error_code ignored;
  for (const auto& [encoding, variant] : at->second.variants) {
    bytes_ -= variant.size;
    fs::remove(variant.path, ignored);
  }
  // An order without renderings leaves no folder; one that has some is not empty, and stays.
  fs::remove(folder_ / at->first.order, ignored);
  fs::remove((folder_ / at->first.order).parent_path(), ignored);
  return renderings_.erase(at);
}

}  // namespace meshgate::serve
