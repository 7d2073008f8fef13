#pragma once

#include <optional>
#include <string>

#include "gateway/serve/serve.hpp"
#include "gateway/store/feed.hpp"

namespace meshgate::serve {

/// A feed as JSON, as HTTP.md shows it. `with_lag`: the source's lag too, which changes from moment to moment.
void append_feed(std::string& out, const store::FeedState& state, const std::optional<SourceState>& source, bool with_lag);

void append_item(std::string& out, const store::StoredItem& item);

/// The cursor of a reader that has everything up to the partition's head: never a whole pass, so nothing but the place.
std::string head_cursor(const Standing& standing);

/// `"name":` and the JSON text of a string.
void append_member(std::string& out, std::string_view name, std::string_view text);

}  // namespace meshgate::serve
