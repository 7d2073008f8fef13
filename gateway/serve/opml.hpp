#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/feed.hpp"

namespace meshgate::serve {

/// What feed readers import: each feed's Atom address, of a divided one each partition's (OPML 2.0). `node` is the address they know this node by.
std::string opml(std::string_view name, std::string_view node, const std::vector<store::FeedState>& feeds);

}  // namespace meshgate::serve
