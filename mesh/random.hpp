#pragma once

#include <cstddef>
#include <string>

namespace meshgate {

/// Bytes that nobody can guess.
std::string random_bytes(std::size_t count);

}  // namespace meshgate
