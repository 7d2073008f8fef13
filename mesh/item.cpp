#include "mesh/item.hpp"

#include <array>
#include <charconv>

#include "mesh/sha256.hpp"

namespace meshgate {

namespace {

std::string_view big_endian(std::uint64_t value, std::array<char, 8>& room) {
  for (unsigned i = 0; i < 8; ++i) room[i] = static_cast<char>(value >> (56U - 8U * i));
  return {room.data(), room.size()};
}

constexpr std::string_view kItemTag = "meshgate:item:1\n";
constexpr std::string_view kDigestTag = "sum128:";

}  // namespace

ContentHash content_hash(std::string_view id, std::string_view content) {
  thread_local Sha256 sha;  // fetching the method anew costs more than hashing a row
  std::array<char, 8> room;
  sha.begin();
  sha.add(kItemTag);
  sha.add(big_endian(id.size(), room));
  sha.add(id);
  sha.add(big_endian(content.size(), room));
  sha.add(content);
  return {sha.finish()};
}

std::string Revision::text() const {
  std::string out;
  append_text(out);
  return out;
}

void Revision::append_text(std::string& out) const {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
  out += '-';
  hash.bits.append_hex(out);
}

std::optional<Revision> Revision::parse(std::string_view text) {
  Revision out;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.n);
  if (error != std::errc{} || end == text.data() + text.size() || *end != '-' || text[0] == '0') return std::nullopt;
  const auto hash = Bits128::from_hex(text.substr(static_cast<std::size_t>(end - text.data()) + 1));
  if (!hash) return std::nullopt;
  out.hash.bits = *hash;
  return out;
}

std::string Digest::text() const {
  std::string out(kDigestTag);
  sum_.append_hex(out);
  return out;
}

std::optional<Digest> Digest::parse(std::string_view text) {
  if (!text.starts_with(kDigestTag)) return std::nullopt;
  const auto sum = Bits128::from_hex(text.substr(kDigestTag.size()));
  if (!sum) return std::nullopt;
  return Digest(*sum);
}

}  // namespace meshgate
