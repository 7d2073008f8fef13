#include "gateway/net/origin.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/net/text.hpp"

namespace meshgate::net {

namespace ip = boost::asio::ip;

namespace {

constexpr unsigned kMapped = 96;  ///< bits that stand before an IPv4 address in IPv6
constexpr unsigned kSubnet = 64;

ip::address_v6 wide(const ip::address& address) {
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()) : address.to_v6();
}

/// The first bits, the rest zero.
ip::address_v6 prefix(const ip::address_v6& address, unsigned bits) {
  auto bytes = address.to_bytes();
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned kept = std::clamp(bits, i * 8, i * 8 + 8) - i * 8;
    bytes[i] = static_cast<unsigned char>(bytes[i] & (0xFF00U >> kept));
  }
  return ip::address_v6(bytes);
}

std::optional<ip::address> parse_address(std::string_view text) {
  // A zone ("fe80::1%eth0") is a matter of one machine.
  if (text.empty() || text.size() > 45 || text.find('%') != std::string_view::npos) return std::nullopt;
  boost::system::error_code error;
  const auto out = ip::make_address(std::string(text), error);
  return error ? std::nullopt : std::optional(plain(out));
}

/// One entry of X-Forwarded-For: an address, with a port behind it as some proxies write it.
std::optional<ip::address> parse_hop(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) return parse_address(text.substr(1, text.find(']') - 1));
  if (std::count(text.begin(), text.end(), ':') == 1) return parse_address(text.substr(0, text.find(':')));
  return parse_address(text);
}

}  // namespace

ip::address plain(const ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return ip::make_address_v4(ip::v4_mapped, address.to_v6());
}

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned before = address->is_v4() ? kMapped : 0;
  Network out;
  out.base_ = wide(*address);
  if (slash == std::string_view::npos) return out;
  const auto digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size() || bits > 128 - before) return std::nullopt;
  out.bits_ = before + bits;
  return prefix(out.base_, out.bits_) == out.base_ ? std::optional(out) : std::nullopt;
}

bool Network::contains(const ip::address& address) const { return prefix(wide(address), bits_) == base_; }

std::string counted(const ip::address& address) {
  const auto own = plain(address);
  if (own.is_v4()) return own.to_string();
  return prefix(own.to_v6(), kSubnet).to_string() + "/64";
}

bool is_proxy(const ip::address& address, std::span<const Network> proxies) {
  return std::any_of(proxies.begin(), proxies.end(), [&](const Network& one) { return one.contains(address); });
}

ip::address asker(const ip::address& peer, const Fields& fields, std::span<const Network> proxies) {
  auto out = plain(peer);
  if (!is_proxy(out, proxies)) return out;
  const auto& all = fields.all();
  for (auto field = all.rbegin(); field != all.rend(); ++field) {
    if (!same_word(field->first, "X-Forwarded-For")) continue;
    for (std::string_view rest = field->second; !rest.empty();) {
      const auto comma = rest.rfind(',');
      const auto hop = parse_hop(rest.substr(comma == std::string_view::npos ? 0 : comma + 1));
      if (!hop) return out;
      out = *hop;
      if (!is_proxy(out, proxies)) return out;
      rest = rest.substr(0, comma == std::string_view::npos ? 0 : comma);
    }
  }
  return out;
}

}  // namespace meshgate::net
