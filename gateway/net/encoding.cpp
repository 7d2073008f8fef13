#include "gateway/net/encoding.hpp"

#include <array>
#include <span>
#include <utility>

#include "gateway/net/text.hpp"

namespace meshgate::net {

namespace {

/// What the header says of each coding; unset: not named.
struct Wishes {
  std::optional<int> zstd;
  std::optional<int> gzip;
  std::optional<int> identity;
  std::optional<int> others;
};

std::optional<int>* wish(Wishes& wishes, std::string_view coding) {
  if (same_word(coding, "zstd")) return &wishes.zstd;
  if (same_word(coding, "gzip") || same_word(coding, "x-gzip")) return &wishes.gzip;
  if (same_word(coding, "identity")) return &wishes.identity;
  return coding == "*" ? &wishes.others : nullptr;
}

/// The weight of one list entry whose coding has been taken off; one that is malformed counts as not named.
std::optional<int> weight(std::string_view parameters) {
  int out = 1000;
  while (!parameters.empty()) {
    auto value = trimmed(take_until(parameters, ';'));
    const auto name = trimmed(take_until(value, '='));
    if (!same_word(name, "q")) continue;
    const auto quality = parse_quality(trimmed(value));
    if (!quality) return std::nullopt;
    out = *quality;
  }
  return out;
}

Wishes parse(std::string_view list) {
  Wishes out;
  while (!list.empty()) {
    auto entry = take_until(list, ',');
    const auto coding = trimmed(take_until(entry, ';'));
    auto* const slot = wish(out, coding);
    const auto quality = weight(entry);
    if (slot != nullptr && quality) *slot = *quality;
  }
  return out;
}

}  // namespace

std::string_view name(Encoding encoding) {
  switch (encoding) {
    case Encoding::gzip: return "gzip";
    case Encoding::zstd: return "zstd";
    case Encoding::identity: break;
  }
  return "identity";
}

std::optional<int> parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int out = (text[0] - '0') * 1000;
  int place = 100;
  for (std::size_t i = 2; i < text.size(); ++i, place /= 10) {
    if (!is_digit(text[i])) return std::nullopt;
    out += (text[i] - '0') * place;
  }
  return out > 1000 ? std::nullopt : std::optional<int>(out);
}

namespace {

/// Without the first `left_out` of zstd, gzip, identity.
std::optional<Encoding> choose(std::optional<std::string_view> accept_encoding, std::size_t left_out) {
  if (!accept_encoding) return Encoding::identity;
  const Wishes wishes = parse(*accept_encoding);
  const int others = wishes.others.value_or(0);
  // Not named, identity is acceptable without being asked for: the least of what is.
  const int identity = wishes.identity.value_or(wishes.others ? others : 1);
  const std::array<std::pair<Encoding, int>, 3> offers{
      {{Encoding::zstd, wishes.zstd.value_or(others)}, {Encoding::gzip, wishes.gzip.value_or(others)}, {Encoding::identity, identity}}};
  std::optional<Encoding> best;
  int most = 0;
  for (const auto& [encoding, quality] : std::span(offers).subspan(left_out)) {
    if (quality <= most) continue;
    best = encoding;
    most = quality;
  }
  return best;
}

}  // namespace

std::optional<Encoding> negotiate(std::optional<std::string_view> accept_encoding) { return choose(accept_encoding, 0); }

std::optional<Encoding> negotiate_shared(std::optional<std::string_view> accept_encoding) { return choose(accept_encoding, 1); }

}  // namespace meshgate::net
