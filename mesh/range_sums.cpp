#include "mesh/range_sums.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace meshgate {

namespace {

constexpr std::size_t kMostPieces = 4096;
constexpr std::string_view kGone = "{\"gone\":";

/// The content hash that the revision of a put line has; empty for any other line. Within the id before it every quote has a backslash.
std::string_view content_hash_of(std::string_view line) {
  constexpr std::string_view kPut = "{\"put\":";
  constexpr std::string_view kRev = "\",\"rev\":\"";
  const auto at = line.starts_with(kPut) ? line.find(kRev) : std::string_view::npos;
  if (at == std::string_view::npos) return {};
  const auto rev = line.substr(at + kRev.size());
  const auto dash = rev.find('-');
  return dash == std::string_view::npos ? std::string_view() : rev.substr(dash + 1, 2 * sizeof(Bits128));
}

}  // namespace

std::optional<Seq> seq_of_line(std::string_view line) {
  for (const std::string_view kind : {std::string_view("{\"put\":{\"seq\":"), std::string_view("{\"gone\":{\"seq\":"), std::string_view("{\"trim\":{\"seq\":")}) {
    if (!line.starts_with(kind)) continue;
    std::uint64_t seq = 0;
    const auto read = std::from_chars(line.data() + kind.size(), line.data() + line.size(), seq);
    return read.ec == std::errc() ? std::optional(Seq{seq}) : std::nullopt;
  }
  return std::nullopt;
}

Bits128 ItemSummer::sum(Seq seq, std::string_view content_hash) {
  hash_.begin();
  hash_.add(std::to_string(number(seq)));
  hash_.add(" ");
  hash_.add(content_hash);
  return hash_.finish();
}

void each_entry(std::string_view lines, Summed by, Seq floor, const TakeEntry& take) {
  Sha256 hash;
  ItemSummer items;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const auto seq = seq_of_line(line);
    if (!seq || (*seq <= floor && line.starts_with(kGone))) continue;
    if (by == Summed::items) {
      if (const auto content = content_hash_of(line); !content.empty()) take(*seq, items.sum(*seq, content));
      continue;
    }
    hash.begin();
    hash.add(line);
    take(*seq, hash.finish());
  }
}

void RangeSummer::add(std::string_view lines) {
  each_entry(lines, by_, floor_, [this](Seq seq, const Bits128& sum) { add_entry(seq, sum); });
}

void RangeSummer::add_entry(Seq seq, const Bits128& sum) {
  if (pieces_.empty() || pieces_.back().sum.count == width_) {
    if (pieces_.size() == kMostPieces) merge();
    pieces_.push_back({seq, {1, sum}});
    return;
  }
  pieces_.back().to = seq;
  pieces_.back().sum += EntrySum{1, sum};
}

/// Two pieces become one, so that their number is bounded whatever the range holds.
void RangeSummer::merge() {
  for (std::size_t i = 0; i < pieces_.size() / 2; ++i) {
    pieces_[i] = {pieces_[2 * i + 1].to, pieces_[2 * i].sum};
    pieces_[i].sum += pieces_[2 * i + 1].sum;
  }
  pieces_.resize(pieces_.size() / 2);
  width_ *= 2;
}

std::vector<RangePart> RangeSummer::parts(std::size_t most) const {
  const std::size_t each = std::max<std::size_t>(1, (pieces_.size() + most - 1) / most);
  std::vector<RangePart> out;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    if (i % each == 0) out.emplace_back();
    out.back().to = pieces_[i].to;
    out.back().sum += pieces_[i].sum;
  }
  if (out.empty()) out.emplace_back();
  out.back().to = range_.to;
  return out;
}

PartSummer::PartSummer(std::vector<Seq> ends) : ends_(std::move(ends)), sums_(ends_.size()) {}

void PartSummer::add(Seq seq, const Bits128& sum) {
  while (at_ < ends_.size() && seq > ends_[at_]) ++at_;
  if (at_ < ends_.size()) sums_[at_] += EntrySum{1, sum};
}

}  // namespace meshgate
