#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/keys.hpp"

namespace meshgate::config {

/// One mapping of the configuration and its table of keys.
struct Described {
  std::string_view path;      ///< keys from the root, parted by '.'; "*": any name ("feeds.*.from"); "": the root
  std::span<const Key> keys;  ///< a "*" key: any other name is allowed
  std::string_view help;      ///< one sentence or more
};

/// A JSON Schema (draft 7) of the configuration, for editors. Sections may come in any order; what lies between two that
/// are described is a plain mapping.
std::string json_schema(std::span<const Described> sections, std::string_view title);

/// The reference page in Markdown: a table of keys per section, in the order given.
std::string reference_page(std::span<const Described> sections, std::string_view title);

}  // namespace meshgate::config
