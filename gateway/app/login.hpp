#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gateway/app/commands.hpp"
#include "mesh/result.hpp"

namespace meshgate::app {

/// What a device calls itself unless it is told: this machine's name.
std::string machine_name();

/// A node, and the file that keeps the sign-in there.
struct SignInPlace {
  std::string url;
  std::string file;
};
/// Signs in at the first of these, at least one, that answers, and gives which that was; asks for what is missing once. Who says no is the last that is asked.
Result<std::size_t> sign_in_at_one(const std::vector<SignInPlace>& places, const LoginArguments& arguments);

}  // namespace meshgate::app
