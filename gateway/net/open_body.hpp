#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gateway/net/connection.hpp"
#include "gateway/net/house.hpp"
#include "gateway/net/message.hpp"
#include "gateway/net/request_parser.hpp"
#include "gateway/net/unpack.hpp"

namespace meshgate::net {

/// The body of a request on a connection, read while its handler runs. On the connection's loop.
class ArrivingBody final : public OpenBody {
 public:
  /// What is read and not yet parsed stays in `buffer`; `idle` tells others that nothing is under way.
  ArrivingBody(Connection& connection, RequestParser& parser, std::string& buffer, bool& idle, const House& house);

  boost::asio::awaitable<bool> async_read(std::string& into, Refused& refused) override;
  void begin() override { begun_.reset(); }
  [[nodiscard]] std::size_t most() const override { return house_.options.body_bytes; }

 private:
  using Clock = std::chrono::steady_clock;
  /// What there is without waiting.
  Refused take(std::string& into);
  Refused parse();
  /// Waits for bytes; false: none came, and why, where somebody is to blame.
  boost::asio::awaitable<bool> async_wait(Refused& refused);

  Connection& connection_;
  RequestParser& parser_;
  std::string& buffer_;
  bool& idle_;
  const House& house_;
  std::optional<Unpacker> unpacker_;
  std::string body_;                        ///< parsed, and not yet unpacked
  std::optional<Clock::time_point> begun_;  ///< the first byte since begin()
};

}  // namespace meshgate::net
