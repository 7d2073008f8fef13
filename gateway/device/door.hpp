#pragma once

#include <cstdint>
#include <string>

#include "gateway/device/applications.hpp"
#include "gateway/net/message.hpp"

namespace meshgate::device {

/// Who is let in to a device's own interface on loopback: programs that show a token of theirs, to the address they mean to speak with, and not for a
/// page that somebody else has put into the browser. Never blocks for long.
class Door {
 public:
  /// `own`: the application that the device itself is.
  Door(Applications& applications, Application own) : applications_(applications), own_(std::move(own)) {}

  /// The device listens there from now on.
  void listens_at(std::uint16_t port) { port_ = std::to_string(port); }
  /// Whose request it is. Code::auth: nobody's.
  [[nodiscard]] Result<Application> let_in(const net::Request& request) const;
  [[nodiscard]] bool stands(std::string_view proof) const { return proof == own_.proof || applications_.stands(proof); }

 private:
  [[nodiscard]] bool is_here(std::string_view host) const;

  Applications& applications_;
  const Application own_;
  std::string port_;
};

}  // namespace meshgate::device
