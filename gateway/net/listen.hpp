#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cstdint>
#include <string>

#include "mesh/result.hpp"

namespace meshgate::net {

using TcpAcceptor = boost::asio::ip::tcp::acceptor;
using LocalAcceptor = boost::asio::local::stream_protocol::acceptor;

/// Binds and listens. Error::config for an address that is none, Error::conflict when it is taken.
Result<TcpAcceptor> listen_tcp(const boost::asio::any_io_executor& loop, const std::string& address, std::uint16_t port);
/// The same for a Unix socket that only its owner may open. A socket file that a dead process left behind is replaced.
Result<LocalAcceptor> listen_local(const boost::asio::any_io_executor& loop, const std::string& path);

}  // namespace meshgate::net
