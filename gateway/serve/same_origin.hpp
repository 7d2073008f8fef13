#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/net/message.hpp"

namespace meshgate::serve {

/// Whether a browser sent this because of this node's own pages, or because a person typed the address: Sec-Fetch-Site where the browser says it
/// (Fetch Metadata), else Origin, which must name the request's Host. Without either only what changes nothing passes, since old
/// browsers leave both out there, and SameSite keeps the cookie from other sites.
bool from_own_pages(const net::Request& request);

/// The same, and it must be said: for forms.
bool surely_from_own_pages(const net::Request& request);

/// Whether a browser says that a page of another site had it send what changes something. A certificate goes along whoever's page asks.
bool from_elsewhere(const net::Request& request);

/// The value of a cookie; nothing when it is absent, and the empty text when several have the name: which of them is ours cannot be known.
std::optional<std::string_view> cookie(const net::Request& request, std::string_view name);

/// A Set-Cookie line of a cookie that scripts do not see and other sites do not send. Over TLS it gets the prefix __Host- and Secure.
std::string cookie_line(std::string_view name, std::string_view value, long seconds, bool secure);
/// Its name there.
std::string cookie_name(std::string_view name, bool secure);

}  // namespace meshgate::serve
