#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/federation/claims.hpp"
#include "gateway/store/feed.hpp"
#include "mesh/lines.hpp"

namespace meshgate::federation {

/// What goes between a node that brings feeds and the one that takes them, as FOLLOWING.md has it. Pure.

/// What a feed is: as a node describes it to readers, without what it holds; and which node is its origin.
std::string offer_text(const store::FeedState& state, const StatedClaim& origin);
/// The latter; a node that says nothing of it only gives the uid. Nothing: it is none.
std::optional<StatedClaim> parse_offered_origin(std::string_view body);

using Cursors = std::map<std::string, Cursor, std::less<>>;  ///< by partition

/// {"cursors":{"north":"8f3a….18"},"line":true}: how far a feed is held, and that this node takes pages over a line.
std::string cursors_text(const Cursors& cursors);
Result<Cursors> parse_cursors(std::string_view body);
/// Whether a node that answers so takes them.
bool takes_line(std::string_view body);

/// The member "cursor" of a body; nothing when there is none.
std::optional<Cursor> parse_cursor_of(std::string_view body);

/// The member "status" of a body, which only a problem has; otherwise 200.
unsigned parse_status_of(std::string_view body);

/// A page as it is brought: lines, then one mark.
struct BroughtPage {
  std::string_view lines;
  Mark mark;
};
/// Code::config: it is not so.
Result<BroughtPage> parse_page(std::string_view body);

}  // namespace meshgate::federation
