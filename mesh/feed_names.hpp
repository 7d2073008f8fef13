#pragma once

#include <string_view>

namespace meshgate {

/// The feeds that are the directory: who there is, and which groups they are in.
inline constexpr std::string_view kUsersFeed = "_users";
inline constexpr std::string_view kGroupsFeed = "_groups";

constexpr bool of_directory(std::string_view feed) { return feed == kUsersFeed || feed == kGroupsFeed; }

}  // namespace meshgate
