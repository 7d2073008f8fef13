#pragma once

#include <optional>
#include <span>

#include "config/describe.hpp"
#include "config/keys.hpp"
#include "gateway/net/credentials.hpp"
#include "gateway/net/server.hpp"

namespace meshgate::net {

/// What a configuration says of how a node listens, and to whom.
struct Listening {
  ServerOptions server;
  std::optional<TlsOptions> tls;
  std::string access_log;  ///< a path or "stdout"; empty: none
};

/// The keys of `node:` that are about listening, for the table that `node:` is read with.
std::span<const config::Key> listening_keys();
/// The tables below them.
std::span<const config::Described> listening_sections();

/// Reads them; loads the certificate, so that what is wrong with it is said here. Blocks.
Listening read_listening(const config::Section& node, config::Secrets& secrets, config::Diagnostics& faults);

}  // namespace meshgate::net
