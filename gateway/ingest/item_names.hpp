#pragma once

#include <string>
#include <string_view>

#include "gateway/ingest/guard.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::ingest {

/// Whether no delete that was only inferred may remove an item. Blocks on the disk where its id does not say it.
Result<bool> keeps(const Guard& guard, const store::Feed& feed, std::string_view id);

/// What people know an item by: where the guard knows names, the person's or group's, else the id. Blocks on the disk.
std::string known_as(const Guard& guard, const store::Feed& feed, const std::string& id);

}  // namespace meshgate::ingest
