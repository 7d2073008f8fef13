#include "gateway/net/address.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace meshgate::net {

namespace {

Error wrong(std::string_view url, const std::string& why) { return {Code::config, "'" + std::string(url) + "' " + why}; }

}  // namespace

Result<ListenAddress> parse_listen(std::string_view url) {
  constexpr std::string_view kClear = "http://";
  constexpr std::string_view kSecure = "https://";
  ListenAddress out;
  out.secure = url.starts_with(kSecure);
  if (!out.secure && !url.starts_with(kClear)) return wrong(url, "does not begin with http:// or https://");
  std::string_view rest = url.substr(out.secure ? kSecure.size() : kClear.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || rest.ends_with(']')) return wrong(url, "has no port");
  const std::string_view digits = rest.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return wrong(url, "has no port number from 0 to 65535");
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code bad;
  const auto address = boost::asio::ip::make_address(std::string(host), bad);
  if (bad) return wrong(url, "has no IP address to listen on");
  out.host = address.to_string();
  out.loopback = address.is_loopback();
  return out;
}

}  // namespace meshgate::net
