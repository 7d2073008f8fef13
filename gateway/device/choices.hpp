#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mesh/result.hpp"

namespace meshgate::device {

/// What a person once said of a device, so that it need not be said again.
struct Choices {
  std::vector<std::string> upstreams;  ///< URLs of nodes, the preferred one first
  std::vector<std::string> feeds;      ///< none: all that may be read
  std::string listen;                  ///< an address on loopback; empty: 127.0.0.1
  std::uint16_t port = 0;              ///< 0: any, which is kept from then on
  std::string sign_in;                 ///< the file of `meshgate login`; empty: the usual one, where it is there
  std::string ca;                      ///< these three: see net::ClientOptions
  std::string certificate;
  std::string key;
  bool keep = false;  ///< what is held stays when a node signs this device out
};

/// Nothing was said yet: all are empty. Blocks.
Result<Choices> read_choices(const std::string& file);
/// Blocks.
Status write_choices(const std::string& file, const Choices& choices);

/// Where a device keeps what it holds unless a folder is named: under $XDG_DATA_HOME or ~/.local/share. Empty: there is no home.
std::string device_folder();

}  // namespace meshgate::device
