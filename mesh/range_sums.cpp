#include "mesh/range_sums.hpp"

#include <algorithm>
#include <charconv>

namespace meshgate {

namespace {

constexpr std::size_t kMostPieces = 4096;
constexpr std::string_view kGone = "{\"gone\":";

/// Calls `take` with the seq and the text of each line that counts.
template <class Take>
void for_each_line(std::string_view lines, Seq floor, Take take) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const auto seq = seq_of_line(line);
    if (seq && (*seq > floor || !line.starts_with(kGone))) take(*seq, line);
  }
}

LineSum sum_of(Sha256& hash, std::string_view line) {
  hash.begin();
  hash.add(line);
  return {1, hash.finish()};
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

void RangeSummer::add(std::string_view lines) {
  for_each_line(lines, floor_, [this](Seq seq, std::string_view line) { add_line(seq, line); });
}

void RangeSummer::add_line(Seq seq, std::string_view line) {
  const LineSum one = sum_of(hash_, line);
  if (pieces_.empty() || pieces_.back().sum.count == width_) {
    if (pieces_.size() == kMostPieces) merge();
    pieces_.push_back({seq, one});
    return;
  }
  pieces_.back().to = seq;
  pieces_.back().sum += one;
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

PartSummer::PartSummer(std::vector<Seq> ends, Seq floor) : ends_(std::move(ends)), floor_(floor), sums_(ends_.size()) {}

void PartSummer::add(std::string_view lines) {
  for_each_line(lines, floor_, [this](Seq seq, std::string_view line) {
    while (at_ < ends_.size() && seq > ends_[at_]) ++at_;
    if (at_ < ends_.size()) sums_[at_] += sum_of(hash_, line);
  });
}

void append_seqs(std::string_view lines, Seq floor, std::vector<Seq>& out) {
  for_each_line(lines, floor, [&](Seq seq, std::string_view) { out.push_back(seq); });
}

}  // namespace meshgate
