#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/result.hpp"

namespace meshgate::net {

/// Where to listen.
struct ListenAddress {
  std::string host;  ///< an IP address, without brackets
  std::uint16_t port = 0;
  bool loopback = false;
  bool secure = false;  ///< https
};

/// "http://127.0.0.1:7443", "https://[::1]:0", "http://localhost:7443"; Error::config says what is wrong.
Result<ListenAddress> parse_listen(std::string_view url);

}  // namespace meshgate::net
