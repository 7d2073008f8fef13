#pragma once

#include <string>

namespace meshgate::access {

/// Somebody the directory has.
struct Account {
  std::string anchor;
  std::string name;
  bool disabled = false;
};

}  // namespace meshgate::access
