#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "mesh/time.hpp"

namespace meshgate::federation {

/// How the connection to a peer goes.
struct LinkState {
  enum class State : std::uint8_t { connecting, connected, failing };
  State state = State::connecting;
  Micros since{0};
  Micros last{0};                ///< when the peer answered last; 0: not since the start
  std::uint64_t connections = 0;  ///< that were made since the start
  std::string protocol;          ///< that the peer says it speaks
  std::string error;             ///< why it is failing
};

/// Kept by whoever speaks with the peer, for those who want to know. Thread safe.
class Link {
 public:
  Link();
  void dials();
  void answered(std::string protocol);
  void answered();
  void fails(std::string why);
  [[nodiscard]] LinkState state() const;

 private:
  void enter(LinkState::State state);

  mutable std::mutex mutex_;
  LinkState state_;
};

}  // namespace meshgate::federation
