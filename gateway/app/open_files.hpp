#pragma once

#include <cstddef>

namespace meshgate::app {

/// Raises the process's limit of open files as far as it may itself; how many it may have open now. Each connection is one.
std::size_t raise_open_files();

/// How many a node wants for so many connections: beside them there are the store's tables and the sources.
constexpr std::size_t open_files_for(std::size_t connections) { return connections + 1000; }

}  // namespace meshgate::app
