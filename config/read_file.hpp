#pragma once

#include <cstddef>
#include <string>

#include "mesh/result.hpp"

namespace meshgate::config {

/// A whole file of at most `most` bytes. The message of a failure says why, without the file's name. Blocks.
Result<std::string> read_file(const std::string& path, std::size_t most);

/// `path` itself when absolute, else under the folder of `file`.
std::string beside(const std::string& file, const std::string& path);

}  // namespace meshgate::config
