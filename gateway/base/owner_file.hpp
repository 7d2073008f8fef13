#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mesh/result.hpp"

namespace meshgate::base {

/// A small file with secrets, which only its owner may read. Replaced as a whole or not at all, and durable on return: after a crash there is
/// the old content or the new one. Blocks.
Status write_owner_file(const std::string& path, std::string_view content);

/// The content; nothing where there is no such file. Code::auth when somebody else owns it, or others may read or write it. Blocks.
Result<std::optional<std::string>> read_owner_file(const std::string& path);

/// Writes all of it to an open file; false: it could not be, and errno says why. Blocks.
bool write_all(int file, std::string_view bytes);

/// Makes a folder that only its owner may enter, or says why an existing one is none. Blocks.
Status make_owner_folder(const std::string& path);

}  // namespace meshgate::base
