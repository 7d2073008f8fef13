#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>

#include "gateway/net/credentials.hpp"
#include "gateway/net/stream.hpp"

namespace meshgate::net {

/// The server's side of TLS over a socket. OpenSSL reads and writes the socket itself, without blocking: Asio's own stream holds four
/// buffers of 17 KiB for as long as a connection is open, this one none while it is idle.
std::unique_ptr<Stream> make_tls_stream(boost::asio::ip::tcp::socket socket, std::shared_ptr<const Credentials> credentials);

}  // namespace meshgate::net
