#include "gateway/net/listen.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace meshgate::net {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

Error cannot(const std::string& where, const std::string& what) {
  return {Code::conflict, "cannot listen on " + where + ": " + what + "; stop what holds it or choose another one"};
}

/// Whether the path is free now: a socket that nobody answers is removed.
Status make_room(const asio::any_io_executor& loop, const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) return cannot(path, "there is a file of this name that is no socket");
  stream_protocol::socket probe(loop);
  error_code error;
  probe.connect(stream_protocol::endpoint(path), error);
  if (!error) return cannot(path, "another process answers there");
  if (error != asio::error::connection_refused) return cannot(path, error.message());
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot(path, "the old socket cannot be removed");
  return {};
}

}  // namespace

Result<TcpAcceptor> listen_tcp(const asio::any_io_executor& loop, const std::string& address, std::uint16_t port) {
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return Error{Code::config, "cannot listen on '" + address + "': it must be an IP address, such as 127.0.0.1 or ::"};
  const tcp::endpoint endpoint(ip, port);
  TcpAcceptor acceptor(loop);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot(address + " port " + std::to_string(port), error.message());
  return acceptor;
}

Result<LocalAcceptor> listen_local(const asio::any_io_executor& loop, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{Code::config, "the path of the administration socket is too long for this system: " + path};
  }
  if (auto room = make_room(loop, path); !room) return std::move(room).error();
  error_code error;
  LocalAcceptor acceptor(loop);
  acceptor.open(stream_protocol(), error);
  if (!error) acceptor.bind(stream_protocol::endpoint(path), error);
  if (error) return cannot(path, error.message());
  // Nobody can connect before listen: there is no moment in which the wrong people may.
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) return cannot(path, "its rights cannot be set");
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot(path, error.message());
  return acceptor;
}

}  // namespace meshgate::net
