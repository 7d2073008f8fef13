#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "config/keys.hpp"

namespace meshgate::access {

/// Where people sign in, and how long what that gives out is good for.
struct SignInOptions {
  std::chrono::milliseconds access_token = std::chrono::minutes(10);
  std::chrono::milliseconds refresh_token = std::chrono::hours(24 * 30);  ///< without being used
  std::chrono::milliseconds browser = std::chrono::hours(12);
  std::chrono::milliseconds key_rotation = std::chrono::hours(24 * 30);
  std::chrono::milliseconds grace = std::chrono::hours(24 * 30);  ///< what somebody has here is kept so long after the directory lost them
  std::string at;                    ///< the peer that people sign in at, and whose tokens are taken; empty: here
  std::vector<std::string> through;  ///< subjects of nodes that people sign in through here, and that are believed who asks them
  std::chrono::milliseconds refusal_step{250};  ///< a refusal of a password leaves at a whole multiple of this after the question
};

/// What may stand under `node.sign_in`.
std::span<const config::Key> sign_in_keys();
SignInOptions read_sign_in(const config::Section& sign_in);

}  // namespace meshgate::access
