#pragma once

#include <string>

#include "mesh/result.hpp"

namespace meshgate::app {

/// Asks on the terminal, also when input and output are redirected. Code::config: there is none. Blocks.
Result<std::string> ask_person(const std::string& question);
/// The same, and what is typed is not shown.
Result<std::string> ask_secret(const std::string& question);

}  // namespace meshgate::app
