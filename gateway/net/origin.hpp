#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/net/fields.hpp"

namespace meshgate::net {

/// A block of addresses.
class Network {
 public:
  /// "10.0.0.0/8", "fd00::/8", or one address; nothing when it is neither, or has bits beyond its prefix.
  static std::optional<Network> parse(std::string_view text);
  [[nodiscard]] bool contains(const boost::asio::ip::address& address) const;

 private:
  boost::asio::ip::address_v6 base_;  ///< IPv4 as ::ffff:a.b.c.d
  unsigned bits_ = 128;
};

/// An address as people write it; IPv4 that came through an IPv6 socket is IPv4.
boost::asio::ip::address plain(const boost::asio::ip::address& address);

/// What limits count by: an IPv4 address, or the /64 of an IPv6 address, which is what one household or server is given.
std::string counted(const boost::asio::ip::address& address);

/// Who asked: the peer itself, or, when it is one of the proxies, the last address in X-Forwarded-For that is not. What stands before that one
/// anybody may have written; a part that is no address ends the search.
boost::asio::ip::address asker(const boost::asio::ip::address& peer, const Fields& fields, std::span<const Network> proxies);

bool is_proxy(const boost::asio::ip::address& address, std::span<const Network> proxies);

}  // namespace meshgate::net
