#pragma once

#include <span>
#include <string>
#include <string_view>

namespace meshgate::ldap {

/// The cookie that stands for what two of a server stand for, the later one last. RFC 4533 has them opaque and each whole; OpenLDAP's are a list with one
/// change number for each server that writes, and while a search persists it sends only the one that has moved:
///   rid=000,sid=001,csn=20260105101509.000000Z#000000#000#000000;20260105101509.000001Z#000000#001#000000
/// Of two such lists the newest of each writer is kept. Of anything else the later one stands alone.
std::string merged_cookie(std::string_view before, std::string_view later);

/// Whether the newest of a server's change numbers is older than what the cookie covers. Where there are none nothing is known.
bool lags(std::string_view cookie, std::span<const std::string> numbers);

}  // namespace meshgate::ldap
