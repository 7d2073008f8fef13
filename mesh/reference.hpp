#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshgate {

/// A text by which somebody may be mentioned (anchor, name or distinguished name), in the one form that is compared: ASCII letters small; of what
/// has a '=', as a distinguished name (RFC 4514) has, also without spaces around its separators, with single spaces within, and escapes in one form.
/// Letters beyond ASCII and the order within a multi-valued RDN stay as they are.
std::string reference(std::string_view text);
/// The same, behind what `out` holds.
void append_reference(std::string& out, std::string_view text);

/// What the content of an item of `_users` or `_groups` says that its person or group is called: its `name`, then its `dn`, of these what there is.
std::vector<std::string> names_in(std::string_view content);

}  // namespace meshgate
