#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "connectors/sdk/connector.hpp"

namespace meshgate::ldap {

/// The open sockets of a connection, so that whoever cancels it wakes what waits for them. Thread safe.
class Sockets {
 public:
  void add(int socket);
  void remove(int socket);
  /// Every wait for them ends; what comes later is shut down as it comes.
  void shut_down();

 private:
  std::mutex mutex_;
  std::set<int> open_;
  bool shut_ = false;
};

/// A TCP connection to host and port, within the time, as `out`; the sentence says what fails. Blocks, and asks `cancelled` ten times a second; looking
/// up a name takes as long as the system's resolver lets it.
sdk::Status reach(const std::string& host, int port, std::chrono::milliseconds patience, std::chrono::milliseconds silence, const std::function<bool()>& cancelled, int& out);

/// Whether the other end is this machine.
bool is_local(int socket);

}  // namespace meshgate::ldap
